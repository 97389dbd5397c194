import { token } from "@gantry/core";
import { z } from "zod";

export const sqliteOptions = z.strictObject({
  /** The database file. Default: `state.db` beneath the engine's data root. */
  path: z.string().min(1).optional(),
});

export interface SqliteOptions {
  path?: string | undefined;
}
export const SqliteOptions = token<SqliteOptions>("@gantry/sqlite-state/Options");
