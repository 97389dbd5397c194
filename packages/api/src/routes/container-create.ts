import { access } from "node:fs/promises";

import { EngineError } from "@gantry/core";
import type { ContainerRecord, CreateContainer } from "@gantry/engine";

import { json } from "../http/answers.ts";
import type { ApiCall, ApiHandler } from "../http/api-call.ts";
import { JsonFields } from "../http/json-fields.ts";
import { readJsonBody } from "../http/json-body.ts";
import type { Route } from "../http/router.ts";
import { readClientFields } from "../shapes/client-fields.ts";
import { readContainerConfig } from "../shapes/container-config.ts";
import { readHostConfig } from "../shapes/host-config.ts";
import { readMounts } from "../shapes/mount-requests.ts";
import { requirePlatform } from "./image-reference.ts";

const noFields = new JsonFields({}, "HostConfig");

const create: ApiHandler = async (call) => {
  const { engine, query, request } = call;
  requirePlatform(query);
  const body = await readJsonBody(call);
  if (body.names().length === 0) {
    throw new EngineError("invalid-argument", "config cannot be empty in order to create a container");
  }
  const { asked, warnings } = await readCreateContainer(call, body);
  const name = query.optional("name");
  const created = await engine.containers.create(
    { ...asked, ...(name === undefined ? {} : { name: name.replace(/^\//, "") }) },
    { signal: request.signal },
  );
  return json({ Id: created.id, Warnings: [...warnings, ...created.warnings] }, 201);
};

async function readCreateContainer(
  call: ApiCall,
  body: JsonFields,
): Promise<{ asked: CreateContainer; warnings: readonly string[] }> {
  const { engine, facts } = call;
  const fields = body.object("HostConfig") ?? noFields;
  const { hostConfig, warnings } = readHostConfig(fields, facts.daemon.logDriver);
  const mounts = readMounts(fields);
  for (const source of mounts.sources) await requireSource(source);
  const inherited = await inheritedBinds(call, fields.strings("VolumesFrom") ?? []);
  const binds = [...(hostConfig.binds ?? []), ...mounts.binds];
  const tmpfs = { ...hostConfig.tmpfs, ...mounts.tmpfs };
  const taken = new Set([...binds.map(destinationOf), ...Object.keys(tmpfs)]);
  // What the container asks for itself covers what it has from others and what its configuration declares.
  for (const bind of [...inherited, ...(body.keys("Volumes") ?? [])]) {
    if (taken.has(destinationOf(bind))) continue;
    taken.add(destinationOf(bind));
    binds.push(bind);
  }
  for (const volume of mounts.volumes) await engine.volumes.create(volume, { signal: call.request.signal });
  const clientFields = readClientFields(body, fields);
  return {
    asked: {
      config: { ...readContainerConfig(body), clientFields: { ...clientFields } },
      hostConfig: {
        ...hostConfig,
        binds,
        tmpfs,
        ...(body.boolean("NetworkDisabled") ? { networkMode: "none" } : {}),
      },
    },
    warnings,
  };
}

/** The mounts of other containers: `name`, `name:ro`. Errors: `invalid-argument` for one that is not there. */
async function inheritedBinds({ engine }: ApiCall, references: readonly string[]): Promise<readonly string[]> {
  const binds: string[] = [];
  for (const reference of references) {
    const [, name = "", mode] = /^(.*?)(?::(ro|rw|z|Z))?$/.exec(reference) ?? [];
    // A client takes "not found" for a missing image, and pulls it.
    const container = await engine.containers.inspect(name).catch((cause: unknown) => {
      throw new EngineError("invalid-argument", `HostConfig.VolumesFrom: No such container: ${name}`, { cause });
    });
    binds.push(...bindsOf(container, mode === "ro"));
  }
  return binds;
}

function bindsOf({ mounts }: ContainerRecord, readonly: boolean): readonly string[] {
  return mounts
    .filter(({ type }) => type !== "tmpfs")
    .map((mount) => `${mount.source}:${mount.destination}${readonly || mount.readonly ? ":ro" : ""}`);
}

function destinationOf(bind: string): string {
  const parts = bind.split(":");
  return (parts[1] ?? parts[0]!).replace(/(?<=.)\/+$/, "");
}

async function requireSource(source: string): Promise<void> {
  try {
    await access(source);
  } catch (cause) {
    const why = `bind source path does not exist: ${source}`;
    throw new EngineError("invalid-argument", `invalid mount config for type "bind": ${why}`, { cause });
  }
}

export const containerCreateRoutes: readonly Route[] = [
  { method: "POST", template: "/containers/create", handle: create },
];
