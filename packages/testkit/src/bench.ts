import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Kernel, Token } from "@gantry/core";

import { type ContractOptions, SkipError } from "./contract.ts";
import { pluginDirectoryOf, startKernel } from "./start-kernel.ts";

/** Where one check runs: a kernel with the plugins under test, and a directory. */
export class Bench<Subject, Extra extends object = object> {
  readonly options: ContractOptions & Extra;
  /** This check's own; removed afterwards. */
  readonly directory: string;
  readonly #token: Token<Subject>;
  readonly #cleanups: (() => Promise<unknown>)[] = [];
  #kernel: Kernel | undefined;
  #subject: Subject | undefined;

  private constructor(token: Token<Subject>, options: ContractOptions & Extra, directory: string) {
    this.#token = token;
    this.options = options;
    this.directory = directory;
  }

  static async open<Subject, Extra extends object>(
    token: Token<Subject>,
    options: ContractOptions & Extra,
  ): Promise<Bench<Subject, Extra>> {
    const bench = new Bench<Subject, Extra>(token, options, await mkdtemp(join(tmpdir(), "gantry-contract-")));
    try {
      await bench.start();
      return bench;
    } catch (thrown) {
      await bench.close();
      throw thrown;
    }
  }

  /** The implementation under test, of the kernel that runs at present. */
  get subject(): Subject {
    if (this.#subject === undefined) throw new Error("the bench's kernel is stopped");
    return this.#subject;
  }

  /** The directory that the plugins were given. */
  get pluginDirectory(): string {
    return pluginDirectoryOf(this.directory);
  }

  /** Stops the kernel and starts another on the same directory: a new engine. */
  async restart(): Promise<Subject> {
    await this.stop();
    await this.start();
    return this.subject;
  }

  async stop(): Promise<void> {
    const kernel = this.#kernel;
    this.#kernel = this.#subject = undefined;
    await kernel?.stop();
  }

  async start(): Promise<void> {
    this.#kernel = await startKernel(this.directory, this.options);
    this.#subject = subjectOf(this.#kernel, this.#token);
  }

  /** Another implementation that the plugins under test wire, where they do. */
  find<T>(token: Token<T>): T | undefined {
    return this.#kernel?.getAll(token)[0];
  }

  /** A directory inside the bench's, made when missing. */
  async makeDirectory(name: string): Promise<string> {
    const path = join(this.directory, name);
    await mkdir(path, { recursive: true });
    return path;
  }

  /** Runs after the check, whatever its outcome; the last one first, and while the kernel is still there. */
  defer(cleanup: () => Promise<unknown>): void {
    this.#cleanups.push(cleanup);
  }

  /** Undoes everything; tells the first thing that could not be undone. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    const steps = [...this.#cleanups.splice(0).toReversed(), () => this.stop(), () => removeTree(this.directory)];
    for (const step of steps) await step().catch((thrown: unknown) => failures.push(thrown));
    if (failures.length > 0) throw failures[0];
  }
}

function subjectOf<Subject>(kernel: Kernel, token: Token<Subject>): Subject {
  const [subject] = kernel.getAll(token);
  if (subject !== undefined) return subject;
  const refused = kernel
    .plugins()
    .find(({ status, provides }) => status !== "supported" && provides.includes(token.name));
  if (refused !== undefined) throw new SkipError(`${refused.name}: ${refused.reason}`);
  throw new Error(`none of the plugins under test provides ${token.name}`);
}

function removeTree(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: 3 });
}
