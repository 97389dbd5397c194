import type { Plugin } from "@gantry/core";

import { localImageStore } from "../src/index.ts";

/** What the contract checks; also loaded by the process that it kills. */
export default function contractPlugins({ dir }: { dir: string }): Plugin[] {
  return [localImageStore({ root: dir })];
}
