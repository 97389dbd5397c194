import type { ConnectedEngine } from "../connected-engine.ts";
import type { StatsRow } from "../rendering/stats-fields.ts";

export interface StatsTarget {
  /** None: all containers, also those that are started later. */
  names: readonly string[];
  /** Also those that do not run. */
  all: boolean;
}

/** Follows what containers use. */
export class StatsWatch {
  readonly #engine: ConnectedEngine;
  readonly #target: StatsTarget;
  /** By reference, in the order in which they came. */
  readonly #rows = new Map<string, StatsRow>();

  constructor(engine: ConnectedEngine, target: StatsTarget) {
    this.#engine = engine;
    this.#target = target;
  }

  rows(): readonly StatsRow[] {
    return [...this.#rows.values()];
  }

  /** One sample of each container, with what it needs for the processors' share. */
  async sampleOnce(signal: AbortSignal): Promise<void> {
    await this.#list(signal);
    await Promise.all(this.rows().map((row) => this.#sample(row, { stream: false, signal })));
  }

  /** Resolves when every named container is gone; without names only by the signal. */
  async follow(signal: AbortSignal): Promise<void> {
    if (this.#target.names.length > 0) {
      await this.#list(signal);
      await Promise.all(this.rows().map((row) => this.#sample(row, { stream: true, signal })));
      return;
    }
    const filters = { type: ["container"], event: ["start", "die", "destroy"] };
    // From before the list, so that none is missed in between.
    const events = this.#engine.events.subscribe({ filters, signal });
    await this.#list(signal);
    for (const row of this.rows()) this.#begin(row, signal);
    for await (const { action, id, attributes } of events) {
      if (action === "start" && !this.#rows.has(id)) {
        this.#begin(this.#add({ id, name: attributes["name"] ?? "", reference: id }), signal);
      }
      if (action === "destroy" || (action === "die" && !this.#target.all)) this.#rows.delete(id);
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { names, all } = this.#target;
    const { containers } = this.#engine;
    if (names.length === 0) {
      for (const { id, name } of await containers.list({ all }, { signal })) this.#add({ id, name, reference: id });
      return;
    }
    for (const reference of names) {
      const { id, name } = await containers.inspect(reference, { signal });
      this.#add({ id, name, reference });
    }
  }

  #add(row: StatsRow): StatsRow {
    this.#rows.set(row.reference, row);
    return row;
  }

  #begin(row: StatsRow, signal: AbortSignal): void {
    // One that ends is told by an event; one that cannot be asked stays without a sample.
    this.#sample(row, { stream: true, signal }).catch(() => {});
  }

  async #sample(row: StatsRow, options: { stream: boolean; signal: AbortSignal }): Promise<void> {
    for await (const sample of this.#engine.containers.stats(row.id, options)) row.sample = sample;
  }
}
