import { token } from "./token.ts";

/** The two directories of one engine. Both exist when plugins are registered. */
export interface Paths {
  /** What must survive a reboot: `/var/lib/gantry`. */
  readonly dataRoot: string;
  /** Sockets, pids, mount points: `/run/gantry`. */
  readonly execRoot: string;
}
export const Paths = token<Paths>("Paths");
