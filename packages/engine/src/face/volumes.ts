import type { CallOptions, Volume } from "@gantry/core";

import type { Filters } from "./container-verbs.ts";

/** Volumes by name; errors with Docker's texts (`get x: no such volume`, `remove x: volume is in use - [id]`). */
export interface Volumes {
  /** Without a name one of 64 hexadecimal digits is made up. The same name again gives the same volume. */
  create(options: CreateVolume, call?: CallOptions): Promise<Volume>;
  inspect(name: string, call?: CallOptions): Promise<Volume>;
  list(filters?: Filters, call?: CallOptions): Promise<readonly Volume[]>;
  remove(name: string, options?: { force?: boolean }, call?: CallOptions): Promise<void>;
  /** Anonymous volumes that nobody uses; with `all=true` named ones too. */
  prune(filters?: Filters, call?: CallOptions): Promise<{ deleted: readonly string[]; reclaimedBytes: number }>;
}

export interface CreateVolume {
  name?: string;
  driver?: string;
  labels?: Readonly<Record<string, string>>;
  driverOptions?: Readonly<Record<string, string>>;
}
