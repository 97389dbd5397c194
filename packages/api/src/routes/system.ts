import { EngineError, type TransportResponse } from "@gantry/core";
import type { DiskUsage } from "@gantry/engine";

import { json, text } from "../http/answers.ts";
import type { ApiCall, ApiHandler } from "../http/api-call.ts";
import type { Route } from "../http/router.ts";
import { listContainer } from "../shapes/container-view.ts";
import { imageUsage, listImage } from "../shapes/images.ts";
import { showInfo, showVersion } from "../shapes/system.ts";
import { showVolume } from "../shapes/volumes.ts";
import { recordsOf, viewContext } from "./container-lists.ts";

/** Every client begins with it and takes the version to speak from its headers. */
const ping: ApiHandler = async () => uncached(text("OK"));

const headPing: ApiHandler = async () => {
  const { status, headers } = uncached(text(""));
  return { status, headers };
};

function uncached({ headers, ...response }: TransportResponse): TransportResponse {
  const cache = { "Cache-Control": "no-cache, no-store, must-revalidate", Pragma: "no-cache" };
  return { ...response, headers: { ...headers, ...cache } };
}

const version: ApiHandler = async ({ facts }) => json(showVersion(facts));

const info: ApiHandler = async ({ engine, facts, version: spoken, activity, request: { signal } }) =>
  json(
    showInfo({
      facts,
      info: await engine.info({ signal }),
      version: spoken,
      eventListeners: activity.eventListeners,
    }),
  );

const kinds = ["container", "image", "volume", "build-cache"] as const;

/** `type`, from 1.42 on, leaves out what was not asked for. */
const diskUsage: ApiHandler = async (call) => {
  const {
    query,
    version: spoken,
    engine,
    request: { signal },
  } = call;
  const asked = spoken < 42 ? [] : query.all("type");
  for (const type of asked) {
    if (!kinds.some((kind) => kind === type)) throw new EngineError("invalid-argument", `unknown object type: ${type}`);
  }
  const wanted = (kind: (typeof kinds)[number]): boolean => asked.length === 0 || asked.includes(kind);
  const usage = await engine.diskUsage({ signal });
  return json({
    ...(wanted("image") ? { LayersSize: usage.layerBytes, Images: usedImages(usage, spoken) } : {}),
    ...(wanted("container") ? { Containers: await usedContainers(call, usage) } : {}),
    ...(wanted("volume") ? { Volumes: await usedVolumes(call, usage) } : {}),
    ...(wanted("build-cache") ? { BuildCache: [] } : {}),
    ...(spoken < 42 ? { BuilderSize: 0 } : {}),
  });
};

function usedImages(usage: DiskUsage, spoken: number): readonly object[] {
  const used = imageUsage(usage);
  return usage.images.map((image) => listImage(image, spoken, used.get(image.id)));
}

async function usedContainers(call: ApiCall, usage: DiskUsage): Promise<readonly object[]> {
  const sizes = new Map(usage.containers.map((size) => [size.id, size]));
  const records = await recordsOf(call, [...sizes.keys()]);
  const context = await viewContext(call, records);
  const now = Date.now();
  return records.map((record) => listContainer(record, context, now, sizes.get(record.id)));
}

async function usedVolumes({ engine, request: { signal } }: ApiCall, usage: DiskUsage): Promise<readonly object[]> {
  const used = new Map(usage.volumes.map((volume) => [volume.name, volume]));
  const volumes = await engine.volumes.list({}, { signal });
  return volumes.map((volume) => showVolume(volume, used.get(volume.name) ?? { bytes: -1, users: -1 }));
}

export const systemRoutes: readonly Route[] = [
  { method: "GET", template: "/_ping", handle: ping },
  { method: "HEAD", template: "/_ping", handle: headPing },
  { method: "GET", template: "/version", handle: version },
  { method: "GET", template: "/info", handle: info },
  { method: "GET", template: "/system/df", handle: diskUsage },
];
