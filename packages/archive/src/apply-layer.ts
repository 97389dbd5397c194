import { createHash } from "node:crypto";

import type { AppliedLayer } from "@gantry/core";

import type { LayerTarget } from "./layer-target.ts";
import { readTar } from "./tar-reader.ts";
import { aufsLinkDirectory, layerMark } from "./whiteout.ts";

/** Applies an uncompressed layer, and tells what it was. The whole stream is read and counted, padding included. */
export async function applyLayer(
  layer: AsyncIterable<Uint8Array>,
  target: LayerTarget,
  removeScratch: (path: string) => Promise<void>,
): Promise<AppliedLayer> {
  const hash = createHash("sha256");
  let [size, contentSize, entries, scratch] = [0, 0, 0, false];
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of layer) {
      hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  };
  for await (const entry of readTar(counted())) {
    const mark = layerMark(entry.path);
    entries += 1;
    contentSize += entry.size;
    if (mark?.kind === "whiteout") await target.whiteout(mark.path);
    else if (mark?.kind === "opaque") await target.opaque(mark.path);
    else if (!mark) await target.put(entry);
    scratch ||= !mark && entry.path.startsWith(`${aufsLinkDirectory}/`);
  }
  if (scratch) await removeScratch(aufsLinkDirectory);
  return { diffId: `sha256:${hash.digest("hex")}`, size, contentSize, entries };
}
