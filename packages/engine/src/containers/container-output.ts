import { EngineError } from "@gantry/core";
import type { CallOptions, LogEntry, LogQuery } from "@gantry/core";

import type { AttachOptions, Attachment, LogsQuery } from "../engine.ts";
import type { EngineComponents } from "../engine-components.ts";
import type { ContainerEvents } from "../events/container-events.ts";
import type { ContainerAttachments } from "./container-attachments.ts";
import type { ContainerLifecycle } from "./container-lifecycle.ts";
import type { ContainerPaths } from "./container-paths.ts";
import type { ContainerRecord } from "./container-record.ts";
import { LocalAttachment } from "./local-attachment.ts";

export interface ContainerOutputParts {
  components: EngineComponents;
  lifecycle: ContainerLifecycle;
  attachments: ContainerAttachments;
  paths: ContainerPaths;
  events: ContainerEvents;
}

/** What containers write: kept in the log, and as it comes. */
export class ContainerOutput {
  readonly #parts: ContainerOutputParts;

  constructor(parts: ContainerOutputParts) {
    this.#parts = parts;
  }

  /** Everything written before the call is there, also what was not in the log yet. Errors: `unsupported`, `unavailable`. */
  async *logs(container: ContainerRecord, query: LogsQuery = {}): AsyncGenerator<LogEntry> {
    const run = this.#parts.lifecycle.run(container.id);
    await run?.pump.caughtUp();
    const { follow, stdout = true, stderr = true, ...rest } = query;
    const following = follow && run !== undefined && !run.logged.aborted;
    yield* this.#read(container, {
      ...rest,
      stdout,
      stderr,
      ...(following ? { follow: { ended: run.logged } } : {}),
    });
  }

  #read({ id, hostConfig }: ContainerRecord, query: LogQuery): AsyncIterable<LogEntry> {
    const { name, options } = hostConfig.logDriver;
    const { reader } = this.#parts.components.logs;
    if (name === "none" || reader === undefined) {
      throw new EngineError("unsupported", "configured logging driver does not support reading");
    }
    return reader.read({ containerId: id, directory: this.#parts.paths.directory(id), options }, query);
  }

  async attach(
    container: ContainerRecord,
    options: AttachOptions = {},
    { signal }: CallOptions = {},
  ): Promise<Attachment> {
    signal?.throwIfAborted();
    const { id, config } = container;
    const { attachments, lifecycle } = this.#parts;
    const running = container.state.status === "running" || container.state.status === "paused";
    const run = running ? lifecycle.run(id) : undefined;
    // Held from the beginning until it is known where to begin, so that nothing is dropped meanwhile.
    const reader = run?.readers.open(0);
    const before = await (options.replay ? run?.pump.caughtUp() : undefined);
    const until = before?.time === undefined ? {} : { until: before.time };
    const earlier = options.replay ? this.#read(container, { stdout: true, stderr: true, ...until }) : undefined;
    const attachment: LocalAttachment = new LocalAttachment({
      terminal: config.terminal,
      endsStdin: config.stdinOnce && !config.terminal && options.stdin !== false,
      earlier,
      closed: () => attachments.delete(id, attachment),
    });
    if (run !== undefined && reader !== undefined) {
      reader.position = before?.position ?? (await run.isolated.outputEnd());
      attachment.bind(run.isolated, reader);
    } else {
      attachments.add(id, attachment);
    }
    this.#parts.events.emit(container, "attach");
    signal?.addEventListener("abort", () => void attachment.close().catch(() => {}), { once: true });
    return attachment;
  }
}
