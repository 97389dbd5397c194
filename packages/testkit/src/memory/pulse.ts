/** Wakes whoever waits that something has happened. */
export class Pulse {
  #next = Promise.withResolvers<void>();

  beat(): void {
    this.#next.resolve();
    this.#next = Promise.withResolvers();
  }

  /** Resolves at the next beat, or when one of the signals is or gets aborted. */
  async wait(signals: readonly (AbortSignal | undefined)[] = []): Promise<void> {
    const present = signals.filter((signal) => signal !== undefined);
    if (present.some(({ aborted }) => aborted)) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => resolve();
    for (const signal of present) signal.addEventListener("abort", wake, { once: true });
    await Promise.race([this.#next.promise, promise]);
    for (const signal of present) signal.removeEventListener("abort", wake);
  }
}
