import type { WaitResult } from "../engine.ts";

type Event = "exit" | "removal";

/** Tells those who wait for a container's next exit or for its removal. */
export class ContainerWaits {
  readonly #waiting: Readonly<Record<Event, Map<string, Set<(result: WaitResult) => void>>>> = {
    exit: new Map(),
    removal: new Map(),
  };

  /** Counts from the call on, not from when the promise is awaited. Rejects with the signal's reason. */
  next(event: Event, id: string, signal?: AbortSignal): Promise<WaitResult> {
    const waiting = this.#waiting[event];
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const set = waiting.get(id) ?? new Set();
      waiting.set(id, set);
      const done = (result: WaitResult): void => {
        signal?.removeEventListener("abort", abort);
        resolve(result);
      };
      const abort = (): void => {
        set.delete(done);
        reject(signal?.reason as Error);
      };
      set.add(done);
      signal?.addEventListener("abort", abort, { once: true });
    });
  }

  exited(id: string, result: WaitResult): void {
    this.#tell("exit", id, result);
  }

  /** Nothing that is waited for can come any more. */
  removed(id: string, result: WaitResult): void {
    this.#tell("exit", id, result);
    this.#tell("removal", id, result);
  }

  #tell(event: Event, id: string, result: WaitResult): void {
    const set = this.#waiting[event].get(id);
    this.#waiting[event].delete(id);
    for (const done of set ?? []) done(result);
  }
}
