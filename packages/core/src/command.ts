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
  /** Of the program that the command is run by. */
  readonly version: string;
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
  readonly files: HostFiles;
  /** Calls back for each signal until the returned function is called. */
  onSignal(names: readonly string[], callback: (name: string) => void): () => void;
}

/** The caller's files, for commands that take or give whole ones. Errors: `not-found`, `forbidden`, `unavailable` naming the path. */
export interface HostFiles {
  /** What stands at a path, a link followed; `undefined` for nothing. */
  kind(path: string): Promise<"file" | "directory" | "other" | undefined>;
  read(path: string): AsyncIterable<Uint8Array>;
  /** Makes or replaces a file, whole or not at all; what is no ordinary file, `/dev/null` say, is written to. */
  write(path: string, content: AsyncIterable<Uint8Array>): Promise<void>;
  /** A tar stream of a file or a directory with what is in it. */
  pack(path: string, options: PackOptions): AsyncIterable<Uint8Array>;
  /** Unpacks a tar stream into a directory, which is made when it is missing, and never outside of it. */
  unpack(archive: AsyncIterable<Uint8Array>, directory: string, options: UnpackOptions): Promise<void>;
}

export interface PackOptions {
  /** What the path is called in the archive; empty for a directory's content alone. */
  name: string;
  /** Take what a link at the path leads to, instead of the link. */
  followLink: boolean;
}

export interface UnpackOptions {
  /** What to call the first component of each name. */
  rename?: string;
  /** Keep owners as the archive has them; else everything is the caller's. */
  keepOwners: boolean;
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
