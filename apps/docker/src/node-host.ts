import { writeFileSync } from "node:fs";

import type { CommandHost, HostFiles } from "@gantry/core";

import { terminalInput } from "./terminal-input.ts";
import { terminalOutput } from "./terminal-output.ts";
import { version } from "./version.ts";

/** The world of a command under Node. */
export const nodeHost: CommandHost = {
  get version() {
    return version();
  },
  environment: process.env,
  stdin: terminalInput(),
  stdout: terminalOutput(1, () => process.stdout),
  stderr: terminalOutput(2, () => process.stderr),
  now: () => Date.now(),
  readFile: async (path) => (await import("node:fs/promises")).readFile(path),
  writeNewFile,
  workingDirectory: () => process.cwd(),
  files: {
    kind: async (path) => (await loadFiles()).kind(path),
    read: async function* (path) {
      yield* (await loadFiles()).read(path);
    },
    write: async (path, content) => (await loadFiles()).write(path, content),
    pack: async function* (path, options) {
      yield* (await loadFiles()).pack(path, options);
    },
    unpack: async (archive, directory, options) => (await loadFiles()).unpack(archive, directory, options),
  },
  onSignal: (names, callback) => {
    for (const name of names) process.on(name, callback);
    return () => {
      for (const name of names) process.off(name, callback);
    };
  },
};

/** Most commands have nothing to do with files. */
async function loadFiles(): Promise<HostFiles> {
  return (await import("./node-files.ts")).nodeFiles;
}

async function writeNewFile(path: string, data: string): Promise<void> {
  try {
    writeFileSync(path, data, { flag: "wx" });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
    // Core is loaded for the error only: most calls never need it.
    const { EngineError } = await import("@gantry/core");
    throw new EngineError("conflict", `${path} exists already: remove it or name another file`, { cause });
  }
}
