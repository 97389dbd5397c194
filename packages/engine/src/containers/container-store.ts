import type { StateStore } from "@gantry/core";

import { conflict, invalidArgument, notFound } from "../engine-errors.ts";
import { PrefixIndex } from "../prefix-index.ts";
import type { ContainerRecord } from "./container-record.ts";

export const containersBucket = "containers";

/**
 * The records of all containers: written through to the state store, found in memory by id, prefix and name. A container that is
 * still being created holds its name and its image, but is not found.
 */
export class ContainerStore {
  readonly #state: StateStore;
  /** In the order of creation. */
  readonly #records = new Map<string, ContainerRecord>();
  readonly #idsByName = new Map<string, string>();
  readonly #prefixes = new PrefixIndex();

  constructor(state: StateStore) {
    this.#state = state;
  }

  async load(): Promise<void> {
    const records: ContainerRecord[] = [];
    for await (const { value } of this.#state.list<ContainerRecord>(containersBucket)) records.push(value);
    records.sort((left, right) => Number(left.createdAt > right.createdAt) - Number(left.createdAt < right.createdAt));
    for (const record of records) this.#remember(record);
  }

  /** Every record, also of containers that are being created. */
  all(): readonly ContainerRecord[] {
    return [...this.#records.values()];
  }

  /** The oldest first. */
  list(): readonly ContainerRecord[] {
    return this.all().filter(({ pending }) => pending !== "create");
  }

  get(id: string): ContainerRecord | undefined {
    return this.#records.get(id);
  }

  /**
   * The container that a user means: by id, by name, by unambiguous prefix, in this order.
   * Errors: `not-found`, `invalid-argument`.
   */
  find(reference: string): ContainerRecord {
    const name = reference.replace(/^\//, "");
    const exact = this.#visible(name) ?? this.#visible(this.#idsByName.get(name));
    if (exact) return exact;
    const found = name === "" ? [] : this.#prefixes.find(name);
    if (found.length > 1) throw invalidArgument(`Multiple IDs found with provided prefix: ${name}`);
    const byPrefix = this.#visible(found[0]);
    if (byPrefix) return byPrefix;
    throw notFound(`No such container: ${reference}`, { container: reference });
  }

  #visible(id: string | undefined): ContainerRecord | undefined {
    const record = id === undefined ? undefined : this.#records.get(id);
    return record?.pending === "create" ? undefined : record;
  }

  nameTaken(name: string): boolean {
    return this.#idsByName.has(name);
  }

  /** Takes name and id at once, then writes. Errors: `conflict` when the name is taken. */
  async insert(record: ContainerRecord): Promise<void> {
    this.#checkFree(record.name);
    this.#remember(record);
    try {
      await this.#state.put(containersBucket, record.id, record);
    } catch (thrown) {
      this.#forget(record);
      throw thrown;
    }
  }

  /** On disk when it answers; seen by others only then. */
  async put(record: ContainerRecord): Promise<void> {
    await this.#state.put(containersBucket, record.id, record);
    this.#remember(record);
  }

  /** Holds both names until the new one is on disk. Errors: `conflict` when it is taken. */
  async rename(record: ContainerRecord, name: string): Promise<ContainerRecord> {
    this.#checkFree(name);
    this.#idsByName.set(name, record.id);
    const renamed = { ...record, name };
    try {
      await this.put(renamed);
    } catch (thrown) {
      this.#idsByName.delete(name);
      throw thrown;
    }
    this.#idsByName.delete(record.name);
    return renamed;
  }

  #checkFree(name: string): void {
    const holder = this.#idsByName.get(name);
    if (holder === undefined) return;
    throw conflict(
      `Conflict. The container name "/${name}" is already in use by container "${holder}". You have to remove (or ` +
        "rename) that container to be able to reuse that name.",
      { holder },
    );
  }

  async delete(record: ContainerRecord): Promise<void> {
    await this.#state.delete(containersBucket, record.id);
    this.#forget(record);
  }

  #remember(record: ContainerRecord): void {
    this.#records.set(record.id, record);
    this.#idsByName.set(record.name, record.id);
    this.#prefixes.add(record.id);
  }

  #forget(record: ContainerRecord): void {
    this.#records.delete(record.id);
    this.#idsByName.delete(record.name);
    this.#prefixes.delete(record.id);
  }
}
