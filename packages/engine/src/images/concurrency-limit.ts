/** Lets at most so many pieces of work run at a time, in the order of the calls. */
export class ConcurrencyLimit {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.#free = limit;
  }

  /** A rejection that nobody awaits is no unhandled one: whoever wants the result still gets it. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#run(work);
    result.catch(() => {});
    return result;
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
