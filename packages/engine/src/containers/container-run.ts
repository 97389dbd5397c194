import type { IsolatedContainer, LimitGroup, Logger, LogSink } from "@gantry/core";

import type { ContainerRecord } from "./container-record.ts";
import { LogPump } from "./log-pump.ts";
import { OutputReaders } from "./output-readers.ts";

export interface ContainerRunOptions {
  isolated: IsolatedContainer;
  group: LimitGroup | undefined;
  openSink: (() => Promise<LogSink>) | undefined;
  logger: Logger;
}

/** One run of a container, from before its program starts until everything it took is released. */
export class ContainerRun {
  readonly isolated: IsolatedContainer;
  readonly group: LimitGroup | undefined;
  readonly readers = new OutputReaders();
  /** Readers of the processes that were added to it. */
  readonly further = new Set<OutputReaders>();
  readonly pump: LogPump;
  /** Aborted when the engine lets go of a container that goes on running. */
  readonly detached = new AbortController();
  /** Somebody has told it to end. */
  stoppedByHand = false;
  readonly #logged = new AbortController();
  /** Resolves when the run's end is dealt with. Set by the life cycle once the program runs. */
  completion: Promise<void> = Promise.resolve();

  constructor(container: Pick<ContainerRecord, "outputBase">, options: ContainerRunOptions) {
    this.isolated = options.isolated;
    this.group = options.group;
    this.pump = new LogPump({
      isolated: options.isolated,
      openSink: options.openSink,
      base: container.outputBase,
      wanted: () => this.readers.minimum,
      logger: options.logger,
    });
    void this.pump.finished.then(() => this.#logged.abort());
  }

  /** Aborted when the log holds all that this run will put into it. */
  get logged(): AbortSignal {
    return this.#logged.signal;
  }

  /** Resolves when nobody reads any more. */
  async settled(): Promise<void> {
    await Promise.all([this.readers, ...this.further].map((readers) => readers.settled()));
  }

  cutReaders(): void {
    for (const readers of [this.readers, ...this.further]) readers.cut();
  }

  /** Lets go of the container, which goes on running; its log goes on with the next engine. */
  async detach(): Promise<void> {
    this.detached.abort();
    this.cutReaders();
    await this.pump.detach();
  }
}
