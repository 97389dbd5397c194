import { type CommandHost, EngineError, type HostFiles, type UnpackOptions } from "@gantry/core";

export interface FakeHost extends CommandHost {
  readonly output: { stdout: string; stderr: string };
  /** Contents by path; a path that ends with a slash is a directory. */
  readonly disk: Map<string, string>;
  /** Archives that were unpacked: where, how, and what they held. */
  readonly unpacked: [directory: string, options: UnpackOptions, content: string][];
  /** States of raw mode, in order. */
  readonly raw: boolean[];
  signal(name: string): void;
  resize(rows: number, columns: number): void;
}

export interface FakeHostOptions {
  terminal?: { stdin?: boolean; stdout?: boolean; stderr?: boolean };
  /** Pieces of the standard input; `hold` keeps it open afterwards. */
  input?: readonly string[];
  hold?: boolean;
  environment?: Record<string, string>;
  now?: number;
}

export function fakeHost(options: FakeHostOptions = {}): FakeHost {
  const output = { stdout: "", stderr: "" };
  const disk = new Map<string, string>();
  const unpacked: FakeHost["unpacked"] = [];
  const raw: boolean[] = [];
  const listeners = new Map<string, Set<(name: string) => void>>();
  const resized = new Set<() => void>();
  let size = { rows: 24, columns: 80 };
  const writer = (name: "stdout" | "stderr") => ({
    isTerminal: options.terminal?.[name] ?? false,
    size: () => (options.terminal?.[name] ? size : undefined),
    onResize: (callback: () => void) => {
      resized.add(callback);
      return () => void resized.delete(callback);
    },
    write: async (data: string | Uint8Array) => {
      output[name] += typeof data === "string" ? data : new TextDecoder().decode(data);
    },
  });
  return {
    output,
    disk,
    unpacked,
    files: fakeFiles(disk, unpacked),
    raw,
    version: "9.9.9",
    environment: options.environment ?? {},
    stdin: {
      isTerminal: options.terminal?.stdin ?? false,
      setRaw: (state) => void raw.push(state),
      async *chunks(signal) {
        for (const piece of options.input ?? []) yield new TextEncoder().encode(piece);
        if (options.hold !== true || signal?.aborted) return;
        await new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve()));
      },
    },
    stdout: writer("stdout"),
    stderr: writer("stderr"),
    now: () => options.now ?? Date.parse("2024-05-01T12:00:00Z"),
    readFile: async (path) => {
      const content = disk.get(path);
      if (content === undefined) throw new Error(`ENOENT: no such file or directory, open '${path}'`);
      return new TextEncoder().encode(content);
    },
    writeNewFile: async (path, data) => {
      if (disk.has(path)) throw new EngineError("conflict", `${path} exists already`);
      disk.set(path, data);
    },
    workingDirectory: () => "/home/user",
    onSignal: (names, callback) => {
      for (const name of names) listeners.set(name, (listeners.get(name) ?? new Set()).add(callback));
      return () => {
        for (const name of names) listeners.get(name)?.delete(callback);
      };
    },
    signal: (name) => {
      for (const callback of listeners.get(name) ?? []) callback(name);
    },
    resize: (rows, columns) => {
      size = { rows, columns };
      for (const callback of resized) callback();
    },
  };
}

function fakeFiles(disk: Map<string, string>, unpacked: FakeHost["unpacked"]): HostFiles {
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
  return {
    kind: async (path) => {
      if (disk.has(path) && !path.endsWith("/")) return "file";
      return path === "." || disk.has(`${path.replace(/\/+$/, "")}/`) ? "directory" : undefined;
    },
    async *read(path) {
      const content = disk.get(path);
      if (content === undefined) throw new EngineError("not-found", `${path}: no such file or directory`);
      yield encode(content);
    },
    write: async (path, content) => void disk.set(path, await textOf(content)),
    async *pack(path, options) {
      yield encode(`${path} as ${JSON.stringify(options)}`);
    },
    unpack: async (archive, directory, options) => void unpacked.push([directory, options, await textOf(archive)]),
  };
}

async function textOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  let text = "";
  for await (const chunk of content) text += new TextDecoder().decode(chunk);
  return text;
}
