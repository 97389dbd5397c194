import { randomBytes } from "node:crypto";

import { messageOf } from "@gantry/core";
import type { CallOptions, ConsoleSize, IsolatedContainer, IsolatedProcess, Logger } from "@gantry/core";

import type { ContainerLifecycle, RunCompanion } from "../containers/container-lifecycle.ts";
import { isRestarting } from "../containers/container-lifecycle.ts";
import type { ContainerRecord } from "../containers/container-record.ts";
import type { ContainerRun } from "../containers/container-run.ts";
import type { ContainerStore } from "../containers/container-store.ts";
import { LocalAttachment } from "../containers/local-attachment.ts";
import { OutputReaders } from "../containers/output-readers.ts";
import { startFailure } from "../containers/start-failure.ts";
import { conflict, invalidArgument, notFound } from "../engine-errors.ts";
import type { Attachment } from "../engine.ts";
import type { ContainerEvents } from "../events/container-events.ts";
import type { CreateExec, Execs, ExecState, StartExec } from "../face/execs.ts";
import type { ExecLauncher } from "./exec-launcher.ts";
import { probePrefix } from "./probe-id.ts";
import { releaseWhileRead } from "./release-while-read.ts";

/** Bytes of output that nobody reads. */
const unreadLimit = 1024 * 1024;
/** How many execs that have ended are remembered. */
const rememberedEnds = 1000;

export interface LocalExecsParts {
  store: ContainerStore;
  lifecycle: ContainerLifecycle;
  launcher: ExecLauncher;
  events: ContainerEvents;
  logger: Logger;
}

interface Exec {
  readonly id: string;
  readonly containerId: string;
  readonly options: CreateExec;
  status: "created" | "running" | "ended";
  exitCode?: number;
  process?: IsolatedProcess;
}

/**
 * Further processes in running containers. What is known of them is in memory only; the processes themselves outlive the engine,
 * and one that still runs is looked after by the next, nameless, until it ends.
 */
export class LocalExecs implements Execs, RunCompanion {
  readonly #parts: LocalExecsParts;
  readonly #execs = new Map<string, Exec>();
  readonly #detached = new AbortController();

  constructor(parts: LocalExecsParts) {
    this.#parts = parts;
  }

  async create(reference: string, options: CreateExec): Promise<{ id: string }> {
    const container = this.#parts.store.find(reference);
    this.#runOf(container);
    if (options.command.length === 0) throw invalidArgument("No exec command specified", { field: "command" });
    const id = randomBytes(32).toString("hex");
    this.#execs.set(id, { id, containerId: container.id, options, status: "created" });
    this.#emit(container, `exec_create: ${options.command.join(" ")}`, id);
    return { id };
  }

  async start(
    id: string,
    { detach = false, consoleSize }: StartExec = {},
    call: CallOptions = {},
  ): Promise<Attachment> {
    const exec = this.#find(id);
    if (exec.status === "running") throw conflict(`Error: Exec command ${id} is already running`);
    if (exec.status === "ended") throw conflict(`Error: Exec command ${id} has already run`);
    const container = this.#parts.store.find(exec.containerId);
    const run = this.#runOf(container);
    exec.status = "running";
    this.#emit(container, `exec_start: ${exec.options.command.join(" ")}`, id);
    const readers = new OutputReaders();
    const attachment = new LocalAttachment({
      terminal: exec.options.terminal ?? false,
      endsStdin: !exec.options.terminal,
      earlier: undefined,
      closed: () => {},
    });
    try {
      const options = { ...exec.options, ...(consoleSize && { consoleSize }), id };
      const limit = detach ? { outputLimit: unreadLimit } : {};
      exec.process = await this.#parts.launcher.prepare(container, run.isolated, options, { ...call, ...limit });
      if (detach) attachment.end();
      else attachment.bind(releaseWhileRead(exec.process), readers.open(0));
      await exec.process.start(call);
    } catch (thrown) {
      const { exitCode, error } = startFailure({ path: exec.options.command[0]! }, thrown);
      readers.cut();
      this.#end(exec, exitCode);
      throw error;
    }
    this.#watch(exec, exec.process, run, readers);
    return attachment;
  }

  #watch(exec: Exec, process: IsolatedProcess, run: ContainerRun, readers: OutputReaders): void {
    run.further.add(readers);
    const follow = async (): Promise<void> => {
      const { code } = await process.wait({ signal: this.#detached.signal });
      this.#end(exec, code);
      const container = this.#parts.store.get(exec.containerId);
      if (container !== undefined) this.#emit(container, "exec_die", exec.id, { exitCode: String(code) });
      await readers.settled();
      if (!this.#detached.signal.aborted) await process.delete();
    };
    void follow()
      .catch((thrown: unknown) => this.#logFailure(exec.containerId, thrown))
      .finally(() => run.further.delete(readers));
  }

  #end(exec: Exec, exitCode: number): void {
    exec.status = "ended";
    exec.exitCode = exitCode;
    delete exec.process;
    // The map keeps the order of creation; what ended long ago is at its beginning.
    if (this.#execs.size <= rememberedEnds) return;
    const old = [...this.#execs.values()].find(({ status }) => status === "ended");
    if (old !== undefined) this.#execs.delete(old.id);
  }

  async inspect(id: string): Promise<ExecState> {
    const { containerId, options, status, exitCode, process } = this.#find(id);
    return {
      ...options,
      id,
      containerId,
      running: status === "running",
      pid: process?.pid ?? 0,
      ...(exitCode === undefined ? {} : { exitCode }),
    };
  }

  async resize(id: string, size: ConsoleSize, call?: CallOptions): Promise<void> {
    const { process } = this.#find(id);
    if (process === undefined) throw conflict(`Exec ${id} is not running`);
    await process.resize(size, call);
  }

  /** Takes up what an earlier engine has left in a container that runs. */
  async takeUp(id: string, isolated: IsolatedContainer): Promise<void> {
    for (const [execId, process] of await this.#parts.launcher.left(id, isolated)) {
      if (execId.startsWith(probePrefix) || (await process.state()) !== "running") await process.delete();
      else void this.#outlast(id, process);
    }
  }

  async #outlast(id: string, process: IsolatedProcess): Promise<void> {
    try {
      await process.wait({ signal: this.#detached.signal });
      await process.delete();
    } catch (thrown) {
      this.#logFailure(id, thrown);
    }
  }

  removed(containerId: string): void {
    for (const exec of this.#execs.values()) if (exec.containerId === containerId) this.#execs.delete(exec.id);
  }

  /** Lets go of all processes, which go on running. */
  detach(): void {
    this.#detached.abort();
  }

  #logFailure(container: string, thrown: unknown): void {
    if (this.#detached.signal.aborted) return;
    this.#parts.logger.error("cannot finish an exec", { container, reason: messageOf(thrown) });
  }

  #emit(container: ContainerRecord, action: string, execID: string, more: Readonly<Record<string, string>> = {}): void {
    this.#parts.events.emit(container, action, { execID, ...more });
  }

  #find(id: string): Exec {
    const exec = this.#execs.get(id);
    if (exec === undefined) throw notFound(`No such exec instance: ${id}`, { exec: id });
    return exec;
  }

  #runOf({ id, state }: ContainerRecord): ContainerRun {
    if (state.status === "paused") {
      throw conflict(`Container ${id} is paused, unpause the container before exec`);
    }
    if (state.status === "restarting") throw isRestarting(id);
    const run = this.#parts.lifecycle.running(id);
    if (run === undefined) throw conflict(`Container ${id} is not running`);
    return run;
  }
}
