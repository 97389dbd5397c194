import { EngineError } from "@gantry/core";

import { empty, json } from "../http/answers.ts";
import { type ApiHandler, parameter } from "../http/api-call.ts";
import type { Route } from "../http/router.ts";
import { imageUsage, listImage, showHistory, showImage, showRemoved } from "../shapes/images.ts";
import { selectImages } from "./image-filters.ts";
import { imageReference } from "./image-reference.ts";

const list: ApiHandler = async ({ engine, query, request: { signal }, version }) => {
  const images = await selectImages(await engine.images.list({ signal }), query.filters(), async (reference) => {
    const { record } = await engine.images.inspect(reference, { signal });
    return record;
  });
  const usage = query.boolean("shared-size") ? imageUsage(await engine.diskUsage({ signal })) : undefined;
  return json(
    images.map((image) => {
      const shared = usage?.get(image.id);
      return listImage(image, version, shared && { ...shared, containers: -1 });
    }),
  );
};

const inspect: ApiHandler = async (call) => {
  const { engine, request, version } = call;
  const image = await engine.images.inspect(parameter(call, "name"), { signal: request.signal });
  const { storageDriver } = await engine.info({ signal: request.signal });
  return json(showImage(image, storageDriver, version));
};

const history: ApiHandler = async (call) => {
  const entries = await call.engine.images.history(parameter(call, "name"), { signal: call.request.signal });
  return json(entries.map(showHistory));
};

const tag: ApiHandler = async (call) => {
  const { engine, query, request } = call;
  const name = imageReference(query.string("repo"), query.string("tag"));
  if (name === undefined) {
    throw new EngineError("invalid-argument", "missing parameter repo: give the image a name", {
      details: { field: "repo" },
    });
  }
  await engine.images.tag(parameter(call, "name"), name, { signal: request.signal });
  return empty(201);
};

const remove: ApiHandler = async (call) => {
  const { engine, query, request } = call;
  if (query.has("platforms")) {
    throw new EngineError("unsupported", "platforms is not supported by this engine: an image is of one platform");
  }
  const options = { force: query.boolean("force") };
  return json(showRemoved(await engine.images.remove(parameter(call, "name"), options, { signal: request.signal })));
};

const prune: ApiHandler = async ({ engine, query, request: { signal } }) => {
  const pruned = await engine.images.prune(query.filters(), { signal });
  const removed = showRemoved(pruned);
  return json({ ImagesDeleted: removed.length === 0 ? null : removed, SpaceReclaimed: pruned.reclaimedBytes });
};

export const imageRoutes: readonly Route[] = [
  { method: "GET", template: "/images/json", handle: list },
  { method: "POST", template: "/images/prune", handle: prune },
  { method: "GET", template: "/images/{name*}/json", handle: inspect },
  { method: "GET", template: "/images/{name*}/history", handle: history },
  { method: "POST", template: "/images/{name*}/tag", handle: tag },
  { method: "DELETE", template: "/images/{name*}", handle: remove },
];
