import { randomBytes } from "node:crypto";

import { decompress } from "@gantry/archive";
import { EngineError, isEngineError } from "@gantry/core";
import type { AppliedLayer, CallOptions, LayerDiffer, StorageDriver } from "@gantry/core";
import { encodedPart } from "@gantry/oci";

import { KeyedLock } from "../keyed-lock.ts";
import { unpackPrefix } from "../snapshot-keys.ts";

/** Turns layers into committed snapshots, whose keys are chain ids. */
export class LayerUnpacker {
  readonly #storage: StorageDriver;
  readonly #differ: LayerDiffer;
  readonly #lock = new KeyedLock();

  constructor(storage: StorageDriver, differ: LayerDiffer) {
    this.#storage = storage;
    this.#differ = differ;
  }

  /**
   * Makes the snapshot of a layer unless it is there.
   * @param content the layer, perhaps compressed
   * @returns bytes of its files, or `undefined` when it was there already
   * Errors: `invalid-argument` when the content is not what the diff id says.
   */
  unpack(
    layer: { chainId: string; diffId: string; parent: string | undefined },
    content: () => AsyncIterable<Uint8Array>,
    call: CallOptions,
  ): Promise<number | undefined> {
    const { chainId, diffId, parent } = layer;
    return this.#lock.run(chainId, async () => {
      if (await this.#exists(chainId)) return undefined;
      const applied = await this.#apply(unpackPrefix + encodedPart(chainId), parent, content(), call, (result) => {
        if (result.diffId === diffId) return chainId;
        const message = `layer ${diffId} does not match its content: the digest of its content is ${result.diffId}`;
        throw new EngineError("invalid-argument", message);
      });
      return applied.contentSize;
    });
  }

  /**
   * Makes the snapshot of a lowest layer whose diff id is not known yet.
   * @param known told the diff id before the snapshot is there, to pin it
   */
  unpackNew(
    content: AsyncIterable<Uint8Array>,
    known: (diffId: string) => void,
    call: CallOptions,
  ): Promise<AppliedLayer> {
    const key = unpackPrefix + randomBytes(16).toString("hex");
    return this.#apply(key, undefined, content, call, ({ diffId }) => {
      known(diffId);
      return diffId;
    });
  }

  /** Bytes of a layer that was there already. */
  async knownSize(chainId: string, call: CallOptions): Promise<number> {
    return (await this.#storage.usage(chainId, call)).bytes;
  }

  async #apply(
    key: string,
    parent: string | undefined,
    content: AsyncIterable<Uint8Array>,
    call: CallOptions,
    nameOf: (applied: AppliedLayer) => string,
  ): Promise<AppliedLayer> {
    await this.#discard(key);
    const mounts = await this.#storage.prepare(key, parent, call);
    try {
      const applied = await this.#differ.apply(decompress(content), mounts, call);
      await this.#storage.commit(nameOf(applied), key, call).catch(async (thrown: unknown) => {
        if (!isEngineError(thrown, "conflict")) throw thrown;
        // Somebody else has made the same layer meanwhile.
        await this.#storage.remove(key);
      });
      return applied;
    } catch (thrown) {
      await this.#discard(key);
      throw thrown;
    }
  }

  async #exists(chainId: string): Promise<boolean> {
    try {
      return (await this.#storage.stat(chainId)).kind === "committed";
    } catch (thrown) {
      if (isEngineError(thrown, "not-found")) return false;
      throw thrown;
    }
  }

  async #discard(key: string): Promise<void> {
    await this.#storage.remove(key).catch((thrown: unknown) => {
      if (!isEngineError(thrown, "not-found")) throw thrown;
    });
  }
}
