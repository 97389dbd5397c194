import { randomBytes } from "node:crypto";
import { mkdir, readdir, rmdir } from "node:fs/promises";
import path from "node:path";

import { EngineError, plainDirectory } from "@gantry/core";
import type { CallOptions, Mount, Mounter, Paths } from "@gantry/core";

export interface HostDirectory extends AsyncDisposable {
  readonly path: string;
}

/** File systems that the engine mounts for itself, each for a moment, in `<execRoot>/mounts`. */
export class HostMounts {
  readonly #mounter: Mounter | undefined;
  readonly #directory: string;

  constructor(mounter: Mounter | undefined, paths: Paths) {
    this.#mounter = mounter;
    this.#directory = path.join(paths.execRoot, "mounts");
  }

  get available(): boolean {
    return this.#mounter !== undefined;
  }

  /** A directory that shows what the mounts describe; mounts nothing when that is a directory already. */
  async look(mounts: readonly Mount[], call: CallOptions = {}): Promise<HostDirectory> {
    const plain = plainDirectory(mounts);
    if (plain !== undefined) return { path: plain, [Symbol.asyncDispose]: () => Promise.resolve() };
    return this.mount(mounts, call);
  }

  /** The same on a mount point of its own, on which more can be mounted. All is unmounted with it. */
  async mount(mounts: readonly Mount[], call: CallOptions = {}): Promise<HostDirectory> {
    const mounter = this.#require();
    const target = path.join(this.#directory, randomBytes(16).toString("hex"));
    await mkdir(target, { recursive: true, mode: 0o700 });
    try {
      await mounter.mount(mounts, target, call);
    } catch (thrown) {
      await rmdir(target);
      throw thrown;
    }
    return { path: target, [Symbol.asyncDispose]: () => this.#release(mounter, target) };
  }

  /** Mounts something more beneath a directory of {@link mount}. @param target holds no link that leads out of it */
  async mountBeneath(mounts: readonly Mount[], target: string, call: CallOptions = {}): Promise<void> {
    await this.#require().mount(mounts, target, call);
  }

  /** Unmounts what an engine that died has left. */
  async sweep(): Promise<void> {
    const names = await readdir(this.#directory).catch((thrown: NodeJS.ErrnoException) => {
      if (thrown.code === "ENOENT") return [];
      throw thrown;
    });
    for (const name of names) await this.#release(this.#require(), path.join(this.#directory, name));
  }

  /** Not with the caller's signal: an aborted call must unmount, too. */
  async #release(mounter: Mounter, target: string): Promise<void> {
    await mounter.unmount(target);
    await rmdir(target);
  }

  #require(): Mounter {
    if (this.#mounter !== undefined) return this.#mounter;
    throw new EngineError(
      "unsupported",
      "cannot look into a container's root: no plugin provides Mounter; use a numeric user and no volumes",
      { details: { token: "Mounter" } },
    );
  }
}
