import type { ImageDefaults } from "@gantry/oci";

/** A root file system that was made in a directory, ready to be packed. */
export interface MadeRoot {
  directory: string;
  defaults: Pick<ImageDefaults, "env" | "command">;
  /** For the image's history: what made it. */
  createdBy: string;
  /** When it was made, in seconds since the epoch. */
  time: number;
  /** Which entries get this time. */
  applyTime: "all" | "newer";
}

export const defaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The time that reproducible builds ask for, in seconds since the epoch. */
export function sourceDateEpoch(environment: NodeJS.ProcessEnv = process.env): number | undefined {
  const text = environment["SOURCE_DATE_EPOCH"];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
