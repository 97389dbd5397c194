import {
  type CallOptions,
  EngineError,
  type StateQuery,
  type StateRecord,
  StateStore,
  type StateTransaction,
  definePlugin,
  messageOf,
} from "@gantry/core";

import { Turns } from "./turns.ts";
import { type MemoryOptions, sharedMemory } from "./shared-memory.ts";

/** Values as JSON text, by bucket and key. */
type Buckets = Map<string, Map<string, string>>;

interface Memory {
  buckets: Buckets;
  readonly turns: Turns;
}

const memoryOf = sharedMemory((): Memory => ({ buckets: new Map(), turns: new Turns() }));

/** Records in memory. Stores JSON text, so that a caller never shares an object with the store. */
export class MemoryStateStore implements StateStore {
  readonly #memory: Memory;

  constructor(options: MemoryOptions = {}) {
    this.#memory = memoryOf(options);
  }

  async get<T>(bucket: string, key: string, options?: CallOptions): Promise<T | undefined> {
    options?.signal?.throwIfAborted();
    return read<T>(this.#memory.buckets, bucket, key);
  }

  async put<T>(bucket: string, key: string, value: T, options?: CallOptions): Promise<void> {
    await this.transaction((transaction) => transaction.put(bucket, key, value), options);
  }

  async delete(bucket: string, key: string, options?: CallOptions): Promise<void> {
    await this.transaction((transaction) => transaction.delete(bucket, key), options);
  }

  async *list<T>(bucket: string, query: StateQuery = {}): AsyncIterable<StateRecord<T>> {
    query.signal?.throwIfAborted();
    checkName("bucket", bucket);
    const records = [...(this.#memory.buckets.get(bucket) ?? [])];
    const found = records.filter(([key]) => key.startsWith(query.prefix ?? ""));
    for (const [key, text] of found.toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))) {
      yield { key, value: JSON.parse(text) as T };
    }
  }

  async transaction<R>(work: (transaction: StateTransaction) => R | Promise<R>, options?: CallOptions): Promise<R> {
    return this.#memory.turns.take(async () => {
      options?.signal?.throwIfAborted();
      const draft: Buckets = new Map([...this.#memory.buckets].map(([name, records]) => [name, new Map(records)]));
      const result = await work({
        get: (bucket, key) => read(draft, bucket, key),
        put: (bucket, key, value) => write(draft, bucket, key, value),
        delete: (bucket, key) => erase(draft, bucket, key),
      });
      this.#memory.buckets = draft;
      return result;
    });
  }
}

function read<T>(buckets: Buckets, bucket: string, key: string): T | undefined {
  checkNames(bucket, key);
  const text = buckets.get(bucket)?.get(key);
  return text === undefined ? undefined : (JSON.parse(text) as T);
}

function write(buckets: Buckets, bucket: string, key: string, value: unknown): void {
  checkNames(bucket, key);
  const text = toJson(bucket, key, value);
  const records = buckets.get(bucket) ?? new Map<string, string>();
  buckets.set(bucket, records.set(key, text));
}

function erase(buckets: Buckets, bucket: string, key: string): void {
  checkNames(bucket, key);
  buckets.get(bucket)?.delete(key);
}

function toJson(bucket: string, key: string, value: unknown): string {
  let problem = "JSON has no form for it";
  try {
    // `stringify` answers undefined for functions and the like, against its declared type.
    const text = JSON.stringify(value) as string | undefined;
    if (text !== undefined) return text;
  } catch (thrown) {
    problem = messageOf(thrown).split("\n")[0]!;
  }
  throw new EngineError("invalid-argument", `the value of ${bucket}/${key} cannot be stored: ${problem}`);
}

function checkNames(bucket: string, key: string): void {
  checkName("bucket", bucket);
  checkName("key", key);
}

function checkName(field: string, name: string): void {
  if (name === "" || name.includes("\0")) {
    throw new EngineError("invalid-argument", `a ${field} must not be empty or hold a NUL`, { details: { field } });
  }
}

export const memoryStateStore = definePlugin<MemoryOptions>({
  name: "@gantry/testkit/memory-state-store",
  provides: [StateStore],
  register: (registrar, options) => registrar.value(StateStore, new MemoryStateStore(options)),
});
