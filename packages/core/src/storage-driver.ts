import type { CallOptions } from "./call-options.ts";
import type { Mount } from "./mounter.ts";
import { token } from "./token.ts";

/**
 * Copy-on-write file systems by key.
 *
 * **Words.** A *snapshot* is a file-system state with a key. It is *active* (writable, made by `prepare`), a *view*
 * (read-only, made by `view`) or *committed* (immutable, made by `commit` from an active one). Its *parent* is a committed
 * snapshot whose content it starts from; without one it starts empty. The *depth* of a committed snapshot is the number
 * of committed snapshots from it down to the one without parent.
 *
 * **Life cycle.** `prepare(key, parent)` → write through the mounts → `commit(name, key)`, which turns the active snapshot
 * `key` into the committed snapshot `name`; `key` is then gone. Or `remove(key)` to throw it away. Keys are any non-empty
 * strings of at most 255 bytes without NUL; they share one name space across the three kinds.
 *
 * **Rules.**
 * - A call that has answered survives `kill -9` at any instant; one that has not leaves the state before or the state
 *   after, never a mixture, and no directory that a later start would not clean up.
 * - Changes in an active snapshot are never seen in its parent or in a sibling.
 * - The driver mounts nothing. `mounts(key)` may be called any number of times and returns equal lists.
 * - Concurrent calls on different keys do not disturb one another.
 * - The root of an empty snapshot is a directory of mode 0755 owned by 0:0.
 *
 * **Errors** (`EngineError`). `not-found`: the key or parent does not exist. `conflict`: the key or name exists already;
 * or a committed snapshot with children is removed. `invalid-argument`: a malformed key; a parent that is not committed;
 * `commit` of a view or of a committed snapshot; `mounts` of a committed one. `unsupported`: a depth over
 * `features.maximumDepth`, or an option named in no feature. `unavailable`: no space left.
 */
export interface StorageDriver {
  readonly features: StorageFeatures;
  /** Makes an active snapshot and returns its mounts. */
  prepare(key: string, parent: string | undefined, options?: CallOptions): Promise<readonly Mount[]>;
  /** Makes a read-only view of a committed snapshot and returns its mounts. */
  view(key: string, parent: string, options?: CallOptions): Promise<readonly Mount[]>;
  /** The mounts of an active snapshot or a view. */
  mounts(key: string, options?: CallOptions): Promise<readonly Mount[]>;
  commit(name: string, key: string, options?: CallOptions): Promise<void>;
  /** Removes a snapshot of any kind. The caller has unmounted it. */
  remove(key: string, options?: CallOptions): Promise<void>;
  stat(key: string, options?: CallOptions): Promise<SnapshotInfo>;
  /** What the snapshot itself takes on disk, without its parents. */
  usage(key: string, options?: CallOptions): Promise<SnapshotUsage>;
  list(options?: CallOptions): AsyncIterable<SnapshotInfo>;
}
export const StorageDriver = token<StorageDriver>("StorageDriver");

export interface StorageFeatures {
  /** What `docker info` prints: `overlay`, `vfs` … */
  readonly name: string;
  /** Whether an unchanged file takes no space of its own in a child. */
  readonly sharesUnchanged: boolean;
  /** Whether a child costs the same however large its parent is. */
  readonly constantTimePrepare: boolean;
  /** The deepest chain of committed snapshots; `Infinity` where there is no bound. */
  readonly maximumDepth: number;
}

export interface SnapshotInfo {
  key: string;
  kind: "active" | "view" | "committed";
  parent?: string;
  /** When it was prepared, or committed. */
  createdAt: Date;
}

export interface SnapshotUsage {
  /** Allocated bytes, as `du` counts them. */
  bytes: number;
  inodes: number;
}
