import type { CommandHost } from "@gantry/core";

import { interruptible } from "../interruption.ts";
import { UsageError } from "../parsing/usage-error.ts";

/**
 * Writes an archive to a file, or to the standard output when none is named.
 * @throws UsageError when that is a terminal, which an archive would only disturb
 */
export async function writeArchive(
  host: CommandHost,
  file: string | undefined,
  open: (signal: AbortSignal) => Promise<AsyncIterable<Uint8Array>>,
): Promise<number> {
  const toFile = file !== undefined && file !== "";
  if (!toFile && host.stdout.isTerminal) {
    throw new UsageError("cowardly refusing to save to a terminal. Use the -o flag or redirect", 1);
  }
  return interruptible(host, async (signal) => {
    const archive = await open(signal);
    if (toFile) await host.files.write(file, archive);
    else for await (const chunk of archive) await host.stdout.write(chunk);
    return 0;
  });
}

/** The content of a file, or of the standard input for `-`. @throws UsageError when that is a terminal */
export function readArchive(host: CommandHost, file: string, signal: AbortSignal): AsyncIterable<Uint8Array> {
  if (file !== "-") return host.files.read(file);
  if (host.stdin.isTerminal) throw new UsageError("requested load from stdin, but stdin is a terminal", 1);
  return host.stdin.chunks(signal);
}
