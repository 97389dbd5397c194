import type { CommandHost } from "@gantry/core";

const statuses: Readonly<Record<string, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/** A signal told the command to stop. */
export class Interruption extends Error {
  /** 128 + the signal's number, as a shell reports it. */
  readonly status: number;

  constructor(signal: string) {
    super(`interrupted by ${signal}`);
    this.status = statuses[signal] ?? 1;
  }
}

/**
 * Does a piece of work that SIGINT, SIGTERM and SIGHUP abort, so that it can clean up behind itself.
 * @throws Interruption when it was aborted so
 */
export async function interruptible<T>(host: CommandHost, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const release = host.onSignal(Object.keys(statuses), (name) => controller.abort(new Interruption(name)));
  try {
    return await work(controller.signal);
  } catch (error) {
    controller.signal.throwIfAborted();
    throw error;
  } finally {
    release();
  }
}
