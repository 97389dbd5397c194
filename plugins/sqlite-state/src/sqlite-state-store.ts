import { join, resolve } from "node:path";

import { type CallOptions, EngineError, type Lifecycled, Paths, inject } from "@gantry/core";
import type { StateQuery, StateRecord, StateStore, StateTransaction } from "@gantry/core";

import { checkName, encodeValue } from "./record-codec.ts";
import { sqliteError } from "./sqlite-errors.ts";
import { SqliteOptions } from "./sqlite-options.ts";
import { StateDatabase } from "./state-database.ts";
import { WorkQueue } from "./work-queue.ts";

/** Records that `list` reads at a time. */
const pageLength = 500;

/**
 * StateStore in one SQLite file (WAL, synchronous=NORMAL): what was answered survives the death of the process; a loss of power may
 * take the last writes, whole transactions at a time, and never damages the file.
 */
export class SqliteStateStore implements StateStore, Lifecycled {
  readonly #path: string;
  // One connection, so reads wait for a transaction that is under way and never see half of it.
  readonly #queue = new WorkQueue();
  #opened: StateDatabase | undefined;

  /** @param options without a path, the file is `state.db` beneath the data root */
  constructor(@inject(SqliteOptions) options: SqliteOptions, @inject(Paths) paths?: Paths) {
    const path = options.path ?? (paths && join(paths.dataRoot, "state.db"));
    if (path === undefined) throw new EngineError("invalid-argument", "path is missing: name a file for the state");
    this.#path = resolve(path);
  }

  /** Opens the file; any other call does so when nobody did. */
  async start(): Promise<void> {
    await this.#run(() => {});
  }

  /** Closes the file after what is under way. */
  async stop(): Promise<void> {
    await this.#queue.run(() => {
      this.#opened?.close();
      this.#opened = undefined;
    });
  }

  async get<T>(bucket: string, key: string, options?: CallOptions): Promise<T | undefined> {
    return this.#run((database) => readRecord<T>(database, bucket, key), options);
  }

  async put<T>(bucket: string, key: string, value: T, options?: CallOptions): Promise<void> {
    checkName(bucket, key);
    // Taken now: the caller may go on to change the object.
    const text = encodeValue(bucket, key, value);
    return this.#run((database) => database.put(bucket, key, text), options);
  }

  async delete(bucket: string, key: string, options?: CallOptions): Promise<void> {
    checkName(bucket, key);
    return this.#run((database) => database.delete(bucket, key), options);
  }

  async *list<T>(bucket: string, query: StateQuery = {}): AsyncIterable<StateRecord<T>> {
    const prefix = query.prefix ?? "";
    checkName(bucket, prefix || "any");
    // No key is empty, so the empty string stands for "after none".
    let last = "";
    for (;;) {
      const page = await this.#run((database) => database.page(bucket, last || prefix, last, pageLength), query);
      for (const { key, value } of page) {
        if (!key.startsWith(prefix)) return;
        yield { key, value: JSON.parse(value) as T };
      }
      if (page.length < pageLength) return;
      last = page.at(-1)!.key;
    }
  }

  async transaction<R>(work: (transaction: StateTransaction) => R | Promise<R>, options?: CallOptions): Promise<R> {
    return this.#run(async (database) => {
      const transaction = new SqliteTransaction(database);
      database.begin();
      try {
        const result = await work(transaction);
        options?.signal?.throwIfAborted();
        database.commit();
        return result;
      } catch (thrown) {
        database.rollback();
        throw thrown;
      } finally {
        transaction.end();
      }
    }, options);
  }

  #run<R>(work: (database: StateDatabase) => R | Promise<R>, options?: CallOptions): Promise<R> {
    return this.#queue.run(async () => {
      try {
        return await work((this.#opened ??= new StateDatabase(this.#path)));
      } catch (thrown) {
        throw sqliteError(this.#path, thrown);
      }
    }, options?.signal);
  }
}

class SqliteTransaction implements StateTransaction {
  #database: StateDatabase | undefined;

  constructor(database: StateDatabase) {
    this.#database = database;
  }

  get<T>(bucket: string, key: string): T | undefined {
    return readRecord<T>(this.#open(), bucket, key);
  }

  put<T>(bucket: string, key: string, value: T): void {
    checkName(bucket, key);
    this.#open().put(bucket, key, encodeValue(bucket, key, value));
  }

  delete(bucket: string, key: string): void {
    checkName(bucket, key);
    this.#open().delete(bucket, key);
  }

  end(): void {
    this.#database = undefined;
  }

  #open(): StateDatabase {
    if (this.#database === undefined) throw new EngineError("internal", "this transaction has ended: start another");
    return this.#database;
  }
}

function readRecord<T>(database: StateDatabase, bucket: string, key: string): T | undefined {
  checkName(bucket, key);
  const text = database.get(bucket, key);
  return text === undefined ? undefined : (JSON.parse(text) as T);
}
