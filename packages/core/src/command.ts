import { manyToken } from "./token.ts";

/**
 * A command of the CLI. Any plugin may contribute some. A command sees the world through {@link CommandHost} only and imports no
 * module of a JavaScript runtime, so that one source runs on whichever of them starts fastest.
 */
export interface Command {
  /** Words of the call: `["run"]`, `["image", "ls"]`. */
  readonly path: readonly string[];
  readonly aliases?: readonly (readonly string[])[];
  /** One line for the list of commands. */
  readonly summary: string;
  /** After the name in `Usage:`: `[OPTIONS] IMAGE [COMMAND] [ARG...]`. */
  readonly synopsis: string;
  readonly options: readonly CommandOption[];
  /** True where options end at the first argument, as in `run IMAGE -c`. */
  readonly stopAtFirstArgument?: boolean;
  /** @returns the exit status */
  run(context: CommandContext): Promise<number>;
}
export const Command = manyToken<Command>("Command");

export interface CommandOption {
  /** Without dashes. */
  readonly name: string;
  readonly short?: string;
  readonly type: "boolean" | "string" | "list";
  /** Shown after the name in the help: `bytes`, `list`. */
  readonly placeholder?: string;
  readonly summary: string;
  readonly default?: string | boolean;
}

export interface CommandContext {
  readonly arguments: readonly string[];
  /** By option name; an absent option without default is `undefined`. */
  readonly options: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly host: CommandHost;
}

/** The world as a command sees it. */
export interface CommandHost {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdin: CommandInput;
  readonly stdout: CommandOutput;
  readonly stderr: CommandOutput;
  /** Milliseconds since the epoch. */
  now(): number;
  readFile(path: string): Promise<Uint8Array>;
  /** Creates the file; fails with `conflict` when it exists. */
  writeNewFile(path: string, data: string): Promise<void>;
  workingDirectory(): string;
  /** Calls back for each signal until the returned function is called. */
  onSignal(names: readonly string[], callback: (name: string) => void): () => void;
}

export interface CommandInput {
  readonly isTerminal: boolean;
  /** Raw mode: keys come one by one, unechoed. */
  setRaw(raw: boolean): void;
  chunks(signal?: AbortSignal): AsyncIterable<Uint8Array>;
}

export interface CommandOutput {
  readonly isTerminal: boolean;
  size(): { rows: number; columns: number } | undefined;
  /** Calls back at each change of the size until the returned function is called. */
  onResize(callback: () => void): () => void;
  /** Resolves when more may be written. */
  write(data: string | Uint8Array): Promise<void>;
}
