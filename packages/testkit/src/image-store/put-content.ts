import type { ContentInfo, ImageStore } from "@gantry/core";

/** Writes and commits content in one go. */
export async function putContent(store: ImageStore, ref: string, bytes: Uint8Array): Promise<ContentInfo> {
  const writer = await store.writer(ref);
  await writer.write(bytes);
  return writer.commit();
}
