import { join } from "node:path";

import type { Plugin } from "@gantry/core";

import { sqliteState } from "../src/index.ts";

/** What the contract checks; also loaded by the process that it kills. */
export default function contractPlugins({ dir }: { dir: string }): Plugin[] {
  return [sqliteState({ path: join(dir, "state.db") })];
}
