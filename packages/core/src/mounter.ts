import type { CallOptions } from "./call-options.ts";
import { token } from "./token.ts";

/**
 * One mount, as mount(8) would take it. A list of mounts is applied in order onto one target; a storage driver hands out
 * such lists and never mounts anything itself, so that a container's root can be mounted inside the container's own mount
 * namespace and needs no unmount when it exits.
 */
export interface Mount {
  /** File-system type, or `bind`. */
  type: string;
  /** Device, host directory (bind) or the type's name. */
  source: string;
  /** Options as mount(8) spells them: `ro`, `rbind`, `lowerdir=…`. */
  options: readonly string[];
}

/**
 * Mounts on the host, for the moments when the engine itself must look into a root file system (diff, commit, cp, tar).
 *
 * - `mount` creates nothing: the target must exist. It fails with `not-found` when the target or a source is missing,
 *   `unsupported` when the kernel lacks the file system, `forbidden` without the right to mount, `internal` otherwise;
 *   a list that fails half way is unmounted again before the error is thrown.
 * - `unmount` detaches everything mounted at the target, lazily. A target where nothing is mounted is no error.
 */
export interface Mounter {
  mount(mounts: readonly Mount[], target: string, options?: CallOptions): Promise<void>;
  unmount(target: string, options?: CallOptions): Promise<void>;
}
export const Mounter = token<Mounter>("Mounter");

/**
 * The directory itself, when a list is one plain bind mount, which needs no mounting to be looked at. It can also be written
 * there without mounting, unless the mount's options say `ro`.
 */
export function plainDirectory(mounts: readonly Mount[]): string | undefined {
  const [only, ...others] = mounts;
  if (only?.type !== "bind" || others.length > 0) return undefined;
  return only.source;
}
