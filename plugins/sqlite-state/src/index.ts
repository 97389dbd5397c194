import { Paths, StateStore, definePlugin } from "@gantry/core";

import { SqliteOptions, sqliteOptions } from "./sqlite-options.ts";
import { SqliteStateStore } from "./sqlite-state-store.ts";

export { SqliteOptions } from "./sqlite-options.ts";
export { SqliteStateStore } from "./sqlite-state-store.ts";

/** The engine's records in one SQLite file. */
export const sqliteState = definePlugin<SqliteOptions>({
  name: "@gantry/sqlite-state",
  options: sqliteOptions,
  provides: [StateStore],
  requires: [Paths],
  register: (registrar, options) => {
    registrar.value(SqliteOptions, options);
    registrar.singleton(StateStore, SqliteStateStore);
  },
});
export default sqliteState;
