import type { ExitStatus, ProcessSpec } from "@gantry/core";

import { Pulse } from "../pulse.ts";
import { type MemoryOutputRecord, now } from "./memory-output-record.ts";
import { MemoryTerminal } from "./memory-terminal.ts";

// Over the highest that Linux gives, so that nobody who is handed such a pid signals a real process.
let lastPid = 2 ** 22;

const SIGINT = 2;
const SIGKILL = 9;
/** Signals that end nothing when nobody handles them: CHLD, CONT, URG, WINCH. */
const harmless: readonly number[] = [17, 18, 23, 28];

/** Ends a program from wherever it is. */
export class ProgramEnd extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

/** The kernel's side of a process that is none: its streams, its signals, its end. */
export class MemoryProcess {
  readonly pid = (lastPid += 1);
  readonly spec: ProcessSpec;
  readonly hostname: string;
  readonly record: MemoryOutputRecord;
  readonly terminal: MemoryTerminal | undefined;
  readonly exited: Promise<ExitStatus>;
  /** Scripts by the number of the signal that runs them. */
  readonly traps = new Map<number, string>();
  /** Signals that wait for their script. */
  readonly pending: number[] = [];
  readonly #first: boolean;
  readonly #changed = new Pulse();
  readonly #exit = Promise.withResolvers<ExitStatus>();
  #input: Buffer = Buffer.alloc(0);
  #inputEnded: boolean;
  #inputDropped = false;
  #paused = false;
  #status: ExitStatus | undefined;

  /** @param first whether it is its pid namespace's first, which takes no signal that it does not handle */
  constructor(
    spec: ProcessSpec,
    options: { hostname: string; record: MemoryOutputRecord; openStdin: boolean; first: boolean },
  ) {
    this.spec = spec;
    this.hostname = options.hostname;
    this.record = options.record;
    this.terminal = spec.terminal ? new MemoryTerminal(spec.consoleSize) : undefined;
    this.exited = this.#exit.promise;
    this.#first = options.first;
    this.#inputEnded = !options.openStdin;
  }

  get status(): ExitStatus | undefined {
    return this.#status;
  }

  get paused(): boolean {
    return this.#paused;
  }

  set paused(paused: boolean) {
    this.#paused = paused;
    this.#changed.beat();
  }

  signal(number: number): void {
    if (number !== SIGKILL && this.traps.has(number)) this.pending.push(number);
    else if (number === SIGKILL || !(this.#first || harmless.includes(number))) this.end(128 + number, number);
    this.#changed.beat();
  }

  end(code: number, signal?: number): void {
    if (this.#status !== undefined) return;
    this.#status = { code, exitedAt: now(), ...(signal === undefined ? {} : { signal }) };
    this.record.close();
    this.#exit.resolve(this.#status);
    this.#changed.beat();
  }

  typeInput(bytes: Uint8Array): void {
    if (this.terminal === undefined) return this.#feed(bytes);
    const { input, echo, interrupted, ended } = this.terminal.type(bytes);
    this.record.append("stdout", echo);
    this.#feed(input);
    if (ended) this.endInput();
    if (interrupted) this.signal(SIGINT);
  }

  endInput(): void {
    this.#inputEnded = true;
    this.#changed.beat();
  }

  /** The program closes its standard input: what still comes is dropped. */
  dropInput(): void {
    this.#inputDropped = this.#inputEnded = true;
    this.#input = Buffer.alloc(0);
  }

  /** What has been typed, as a whole; `undefined` at its end. */
  async read(): Promise<Uint8Array | undefined> {
    await this.until(() => this.#input.length > 0 || this.#inputEnded);
    const bytes = this.#input;
    this.#input = Buffer.alloc(0);
    return bytes.length === 0 ? undefined : bytes;
  }

  /** Up to the end of the line, without it. */
  async readLine(): Promise<string> {
    await this.until(() => this.#input.includes("\n") || this.#inputEnded);
    const end = this.#input.includes("\n") ? this.#input.indexOf("\n") : this.#input.length;
    const line = this.#input.subarray(0, end).toString();
    this.#input = this.#input.subarray(end + 1);
    return line;
  }

  async write(stream: "stdout" | "stderr", data: string | Uint8Array): Promise<void> {
    await this.until(() => true);
    const bytes = typeof data === "string" ? Buffer.from(data) : data;
    if (this.terminal === undefined) this.record.append(stream, bytes);
    else this.record.append("stdout", this.terminal.show(bytes));
  }

  async sleep(milliseconds: number): Promise<void> {
    let over = false;
    const timer = setTimeout(() => {
      over = true;
      this.#changed.beat();
    }, milliseconds);
    try {
      await this.until(() => over);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Waits for a condition, and as long as the process is paused. A process that has ended goes no further. */
  async until(condition: () => boolean): Promise<void> {
    while (this.#status === undefined && (this.#paused || !condition())) await this.#changed.wait();
    if (this.#status !== undefined) throw new ProgramEnd(this.#status.code);
  }

  #feed(bytes: Uint8Array): void {
    if (!this.#inputDropped) this.#input = Buffer.concat([this.#input, bytes]);
    this.#changed.beat();
  }
}
