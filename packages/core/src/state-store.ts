import type { CallOptions } from "./call-options.ts";
import { token } from "./token.ts";

/**
 * Small records by bucket and key: containers, image names, networks.
 *
 * Values are JSON. A bucket exists as soon as a record is put in it. `put` and `delete` are durable against `kill -9` when
 * they have answered. `transaction` applies all of its writes or none; reads in it see its own writes; transactions
 * are serialized. It must not be nested, and `work` must not wait for anything but the transaction's own calls.
 *
 * Errors: `invalid-argument`: an empty bucket or key, or one with NUL; a value that JSON cannot hold. `unavailable`: the
 * disk is full. What `work` throws is thrown on, and nothing is written.
 */
export interface StateStore {
  get<T>(bucket: string, key: string, options?: CallOptions): Promise<T | undefined>;
  put<T>(bucket: string, key: string, value: T, options?: CallOptions): Promise<void>;
  /** A missing record is no error. */
  delete(bucket: string, key: string, options?: CallOptions): Promise<void>;
  /** In byte order of the keys. */
  list<T>(bucket: string, query?: StateQuery): AsyncIterable<StateRecord<T>>;
  transaction<R>(work: (transaction: StateTransaction) => R | Promise<R>, options?: CallOptions): Promise<R>;
}
export const StateStore = token<StateStore>("StateStore");

export interface StateQuery extends CallOptions {
  /** Only keys that begin so. */
  prefix?: string;
}

export interface StateRecord<T> {
  key: string;
  value: T;
}

export interface StateTransaction {
  get<T>(bucket: string, key: string): T | undefined;
  put<T>(bucket: string, key: string, value: T): void;
  delete(bucket: string, key: string): void;
}
