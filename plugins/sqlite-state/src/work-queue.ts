import { AsyncLocalStorage } from "node:async_hooks";

import { EngineError } from "@gantry/core";

/**
 * Runs pieces of work one after another. Work that waited for other work of the same queue would wait forever, so that is
 * refused.
 */
export class WorkQueue {
  readonly #within = new AsyncLocalStorage<{ running: boolean }>();
  #last: Promise<unknown> = Promise.resolve();

  /** Errors: `internal` when it is called from work of this queue; the signal's reason when it aborts before its turn. */
  async run<R>(work: () => R | Promise<R>, signal?: AbortSignal): Promise<R> {
    if (this.#within.getStore()?.running === true) {
      throw new EngineError("internal", "a transaction must use its own get, put and delete, not those of the store");
    }
    const turn = this.#last.then(async () => {
      signal?.throwIfAborted();
      // Told apart from what the work started and left running, which may use the queue again.
      const context = { running: true };
      try {
        return await this.#within.run(context, work);
      } finally {
        context.running = false;
      }
    });
    this.#last = turn.catch(() => {});
    return turn;
  }
}
