/** How long a reader sleeps when nobody in this process writes, in milliseconds. */
const pollInterval = 200;

/** Wakes the readers of one log when its sink has written. */
export class Activity {
  #version = 0;
  readonly #sleepers = new Set<() => void>();

  /** Changes with each write. */
  get version(): number {
    return this.#version;
  }

  changed(): void {
    this.#version += 1;
    for (const wake of this.#sleepers) wake();
  }

  /** Resolves when the version is not, or no longer, the one that the caller has seen, a signal aborts, or after a while. */
  async wait(seen: number, signals: readonly AbortSignal[]): Promise<void> {
    if (this.#version !== seen || signals.some(({ aborted }) => aborted)) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => resolve();
    const timer = setTimeout(wake, pollInterval);
    this.#sleepers.add(wake);
    for (const signal of signals) signal.addEventListener("abort", wake);
    await promise;
    clearTimeout(timer);
    this.#sleepers.delete(wake);
    for (const signal of signals) signal.removeEventListener("abort", wake);
  }
}
