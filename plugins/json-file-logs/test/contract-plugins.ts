import type { Plugin } from "@gantry/core";

import { jsonFileLogs } from "../src/index.ts";

/** What the contract checks; also loaded by the process that it kills. */
export default function contractPlugins(): Plugin[] {
  return [jsonFileLogs()];
}
