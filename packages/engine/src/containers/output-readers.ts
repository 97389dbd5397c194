/**
 * Who reads a run's output record directly, and how far each has come: nothing that a reader has not seen is released, and the
 * record is not deleted before all are through, unless they are cut off.
 */
export class OutputReaders {
  readonly #open = new Set<OutputReader>();
  readonly #cut = new AbortController();
  #settled: (() => void)[] = [];

  open(position: number): OutputReader {
    const reader = new OutputReader(position, this.#cut.signal, () => {
      this.#open.delete(reader);
      if (this.#open.size === 0) this.#wake();
    });
    this.#open.add(reader);
    return reader;
  }

  /** The first position that somebody still wants; infinite when nobody reads. */
  get minimum(): number {
    return Math.min(Infinity, ...[...this.#open].map(({ position }) => position));
  }

  /** Resolves when nobody reads, or when all were cut off. */
  settled(): Promise<void> {
    if (this.#open.size === 0 || this.#cut.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => this.#settled.push(resolve));
  }

  /** Ends all readers: the record is needed no longer, whoever still reads. */
  cut(): void {
    this.#cut.abort();
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#settled;
    this.#settled = [];
    for (const resolve of waiting) resolve();
  }
}

export class OutputReader {
  position: number;
  /** Aborted when the reader is cut off. */
  readonly cut: AbortSignal;
  readonly close: () => void;

  constructor(position: number, cut: AbortSignal, close: () => void) {
    this.position = position;
    this.cut = cut;
    this.close = close;
  }
}
