import { EngineError } from "@gantry/core";
import { formatPlatform, platformMatches, platformOf } from "@gantry/oci";

import type { Query } from "../http/query.ts";

/** The name that `repo` and `tag` (a tag, or a digest) make; `undefined` without a repository. */
export function imageReference(repository: string, tag: string): string | undefined {
  if (repository === "") return undefined;
  if (tag === "") return repository;
  return `${repository}${tag.includes(":") ? "@" : ":"}${tag}`;
}

/** Errors: `unsupported` when `platform` asks for another than this machine's. */
export function requirePlatform(query: Query): void {
  const asked = query.optional("platform");
  if (asked === undefined) return;
  const own = platformOf(process.arch);
  const [os = "", architecture = own.architecture, variant] = asked.split("/");
  if (platformMatches({ os, architecture, ...(variant === undefined ? {} : { variant }) }, own)) return;
  throw new EngineError(
    "unsupported",
    `platform ${asked} is not supported by this engine: it has ${formatPlatform(own)}`,
    {
      details: { field: "platform" },
    },
  );
}
