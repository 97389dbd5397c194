import type { CallOptions } from "./call-options.ts";
import { token } from "./token.ts";

/**
 * Directories that outlive containers, by name.
 *
 * `mount` makes the volume's content reachable for one user of it (a container id) and returns the host directory; `unmount`
 * ends that use. A volume is `remove`d only when nobody uses it: `conflict`, naming a user. Names are 1–255 characters
 * of `[A-Za-z0-9][A-Za-z0-9_.-]*`, else `invalid-argument`. `create` of a volume that exists returns it; with other options
 * it is a `conflict`. `mount` and `remove` of a volume that does not exist: `not-found`. Uses survive the engine.
 */
export interface VolumeDriver {
  readonly name: string;
  create(name: string, options: VolumeOptions, call?: CallOptions): Promise<Volume>;
  get(name: string, call?: CallOptions): Promise<Volume | undefined>;
  list(call?: CallOptions): AsyncIterable<Volume>;
  remove(name: string, call?: CallOptions): Promise<void>;
  mount(name: string, user: string, call?: CallOptions): Promise<string>;
  unmount(name: string, user: string, call?: CallOptions): Promise<void>;
}
export const VolumeDriver = token<VolumeDriver>("VolumeDriver");

export interface VolumeOptions {
  labels: Readonly<Record<string, string>>;
  /** `--opt` */
  driverOptions: Readonly<Record<string, string>>;
}

export interface Volume extends VolumeOptions {
  name: string;
  createdAt: Date;
  /** The host directory. */
  mountpoint: string;
  /** True until something was first copied into it: it then takes the image's content. */
  empty: boolean;
}
