import { readFile, writeFile } from "node:fs/promises";

import type { CommandHost } from "@gantry/core";

import { nodeFiles } from "./node-files.ts";
import { terminalInput } from "./terminal-input.ts";
import { terminalOutput } from "./terminal-output.ts";

/** The world of a command under Node. */
export const nodeHost: CommandHost = {
  environment: process.env,
  stdin: terminalInput(),
  stdout: terminalOutput(1, () => process.stdout),
  stderr: terminalOutput(2, () => process.stderr),
  now: () => Date.now(),
  readFile: (path) => readFile(path),
  writeNewFile,
  workingDirectory: () => process.cwd(),
  files: nodeFiles,
  onSignal: (names, callback) => {
    for (const name of names) process.on(name, callback);
    return () => {
      for (const name of names) process.off(name, callback);
    };
  },
};

async function writeNewFile(path: string, data: string): Promise<void> {
  try {
    await writeFile(path, data, { flag: "wx" });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
    // Core is loaded for the error only: most calls never need it.
    const { EngineError } = await import("@gantry/core");
    throw new EngineError("conflict", `${path} exists already: remove it or name another file`, { cause });
  }
}
