const firstDelay = 100;
const longestDelay = 60_000;
/** A run that lasted so long makes the next wait short again. Milliseconds, as the others. */
const goodRun = 10_000;

/** When containers are started again: after 100 ms, then twice as long each time, up to a minute. */
export class RestartSchedule {
  readonly #delays = new Map<string, number>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #closed = false;

  /** @param ran milliseconds that the last run lasted */
  add(id: string, ran: number, restart: () => void): void {
    if (this.#closed || this.#timers.has(id)) return;
    const last = ran >= goodRun ? undefined : this.#delays.get(id);
    const delay = last === undefined ? firstDelay : Math.min(2 * last, longestDelay);
    this.#delays.set(id, delay);
    const fire = (): void => {
      this.#timers.delete(id);
      restart();
    };
    this.#timers.set(id, setTimeout(fire, delay));
  }

  /** Takes a container off the schedule; its next wait is a short one. */
  cancel(id: string): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    this.#delays.delete(id);
  }

  /** Nothing is started again any more. */
  close(): void {
    this.#closed = true;
    for (const id of this.#timers.keys()) this.cancel(id);
  }
}
