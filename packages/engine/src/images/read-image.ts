import type { CallOptions } from "@gantry/core";
import { parseImageConfig, parseManifest } from "@gantry/oci";
import type { ImageConfig, ImageManifest } from "@gantry/oci";

import { parsed } from "../engine-errors.ts";
import type { ImageContents } from "./image-contents.ts";
import type { ImageRecord } from "./image-record.ts";

/** An image's own manifest. */
export async function readManifest(
  contents: ImageContents,
  image: Pick<ImageRecord, "manifestDigests">,
  call: CallOptions,
): Promise<ImageManifest> {
  const document = await contents.readWhole(image.manifestDigests[0]!, call);
  return parsed(() => parseManifest(document));
}

export async function readConfig(
  contents: ImageContents,
  { id }: Pick<ImageRecord, "id">,
  call: CallOptions,
): Promise<ImageConfig> {
  const document = await contents.readWhole(id, call);
  return parsed(() => parseImageConfig(document));
}
