import { EngineError } from "@gantry/core";

import { type ApiCall, type ApiHandler, parameter } from "../http/api-call.ts";
import { progressStream } from "../http/progress-stream.ts";
import type { Route } from "../http/router.ts";
import { begun } from "../http/streams.ts";
import { defined } from "../shapes/defined.ts";
import { showProgress } from "../shapes/progress.ts";
import { imageReference, requirePlatform } from "./image-reference.ts";

const create: ApiHandler = (call) => (call.query.has("fromSrc") ? importImage(call) : pull(call));

async function pull({ engine, query, request: { signal } }: ApiCall) {
  requirePlatform(query);
  const reference = imageReference(query.string("fromImage"), query.string("tag"));
  if (reference === undefined) {
    throw new EngineError("invalid-argument", "missing parameter fromImage: name the image to pull", {
      details: { field: "fromImage" },
    });
  }
  return progressStream(async (report) => {
    await engine.images.pull(reference, { signal, progress: (event) => report(showProgress(event)) });
  });
}

async function importImage({ engine, query, request }: ApiCall) {
  requirePlatform(query);
  if (query.string("fromSrc") !== "-") {
    throw new EngineError("unsupported", "fromSrc is supported as - only: send the archive in the request's body", {
      details: { field: "fromSrc" },
    });
  }
  const name = imageReference(query.string("repo"), query.string("tag"));
  const options = {
    ...defined({ name, comment: query.string("message") || "Imported from -" }),
    changes: query.all("changes"),
    signal: request.signal,
  };
  return progressStream(async (report) => {
    const { id } = await engine.images.importLayer(request.body, options);
    report({ status: id });
  });
}

const load: ApiHandler = ({ engine, query, request: { body, signal } }) => {
  requirePlatform(query);
  const quiet = query.boolean("quiet");
  return progressStream(async (report) => {
    const progress = quiet
      ? {}
      : { progress: (event: Parameters<typeof showProgress>[0]) => report(showProgress(event)) };
    for (const { id, tags } of await engine.images.load(body, { signal, ...progress })) {
      if (tags.length === 0) report({ stream: `Loaded image ID: ${id}\n` });
      for (const tag of tags) report({ stream: `Loaded image: ${tag}\n` });
    }
  });
};

const saveOne: ApiHandler = (call) => save(call, [parameter(call, "name")]);
const saveMany: ApiHandler = (call) => save(call, call.query.all("names"));

async function save({ engine, query, request: { signal } }: ApiCall, names: readonly string[]) {
  requirePlatform(query);
  if (names.length === 0) {
    throw new EngineError("invalid-argument", "missing parameter names: name the images to save", {
      details: { field: "names" },
    });
  }
  const body = await begun(engine.images.save(names, { signal }));
  return { status: 200, headers: { "Content-Type": "application/x-tar" }, body };
}

export const imageTransferRoutes: readonly Route[] = [
  { method: "POST", template: "/images/create", handle: create },
  { method: "POST", template: "/images/load", handle: load },
  { method: "GET", template: "/images/get", handle: saveMany },
  { method: "GET", template: "/images/{name*}/get", handle: saveOne },
];
