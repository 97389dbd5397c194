import { randomBytes } from "node:crypto";

import { isEngineError } from "@gantry/core";
import type { CallOptions, FileTree, StorageDriver } from "@gantry/core";

import type { HostMounts } from "../host-mounts.ts";
import { KeyedLock } from "../keyed-lock.ts";
import { initLayerKey, unpackPrefix } from "../snapshot-keys.ts";
import { now } from "../timestamps.ts";

const directories = ["dev", "proc", "sys", "etc"];
/** Files that others are mounted on, and the one by which programs tell that they are in a container. */
const files = ["etc/hostname", "etc/hosts", "etc/resolv.conf", ".dockerenv"];

/**
 * A layer between an image and its containers with what the engine itself puts into a root, so that it shows in no diff and gets
 * into no image. It is made once for each image.
 */
export class InitLayers {
  readonly #storage: StorageDriver;
  readonly #tree: FileTree | undefined;
  readonly #mounts: HostMounts;
  readonly #lock = new KeyedLock();

  constructor(storage: StorageDriver, tree: FileTree | undefined, mounts: HostMounts) {
    this.#storage = storage;
    this.#tree = tree;
    this.#mounts = mounts;
  }

  /**
   * The snapshot that containers of an image start from.
   * @param chainId of the image's uppermost layer; `undefined` for an image without layers
   * @returns the image's own where nobody can look into it, or where it has no room for what is needed
   */
  async parentOf(chainId: string | undefined, call: CallOptions): Promise<string | undefined> {
    const tree = this.#tree;
    if (tree === undefined || !this.#mounts.available) return chainId;
    const key = initLayerKey(chainId);
    return this.#lock.run(key, async () => {
      try {
        if (!(await this.#exists(key))) await this.#make(key, chainId, tree, call);
        return key;
      } catch (thrown) {
        // A file where a directory should be, or a chain that is too long for one more.
        if (isEngineError(thrown, "invalid-argument") || isEngineError(thrown, "unsupported")) return chainId;
        throw thrown;
      }
    });
  }

  async #make(key: string, chainId: string | undefined, tree: FileTree, call: CallOptions): Promise<void> {
    const made = unpackPrefix + randomBytes(16).toString("hex");
    const mounts = await this.#storage.prepare(made, chainId, call);
    try {
      {
        await using root = await this.#mounts.look(mounts, call);
        await addMissing(tree, root.path, call);
      }
      await this.#storage.commit(key, made, call);
    } catch (thrown) {
      await this.#storage.remove(made);
      throw thrown;
    }
  }

  async #exists(key: string): Promise<boolean> {
    try {
      await this.#storage.stat(key);
      return true;
    } catch (thrown) {
      if (isEngineError(thrown, "not-found")) return false;
      throw thrown;
    }
  }
}

async function addMissing(tree: FileTree, root: string, call: CallOptions): Promise<void> {
  const common = { uid: 0, gid: 0, mtime: now(), xattrs: new Map<string, Uint8Array>() };
  const missing = async (name: string): Promise<boolean> => (await tree.lookup(root, name, call)) === undefined;
  const writer = await tree.writer(root, call);
  try {
    for (const name of directories) if (await missing(name)) await writer.directory(name, { ...common, mode: 0o755 });
    for (const name of files) {
      if (await missing(name))
        await writer.file(name, { ...common, mode: name === ".dockerenv" ? 0o755 : 0o644 }, 0, nothing());
    }
    if (await missing("etc/mtab")) await writer.symlink("etc/mtab", { ...common, mode: 0o777 }, "/proc/mounts");
    await writer.close();
  } catch (thrown) {
    await writer.abort();
    throw thrown;
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
