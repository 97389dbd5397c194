import type { Plugin } from "@gantry/core";
import { linuxHelper } from "@gantry/linux";

import { vfsDriver } from "../src/index.ts";

/** What the contract checks; also loaded by the process that it kills. */
export default function contractPlugins({ dir }: { dir: string }): Plugin[] {
  return [linuxHelper(), vfsDriver({ root: dir })];
}
