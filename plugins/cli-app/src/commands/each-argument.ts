import type { CommandHost } from "@gantry/core";

import { hasCode } from "./error-code.ts";

/**
 * Does the same to each argument and goes on after a failure, whose message is printed.
 * @param act returns what to print for the argument, if anything
 * @returns 0, or 1 when something failed
 */
export async function eachArgument(
  host: CommandHost,
  names: readonly string[],
  act: (name: string) => Promise<string | undefined>,
): Promise<number> {
  let status = 0;
  for (const name of names) {
    try {
      const line = await act(name);
      if (line !== undefined) await host.stdout.write(`${line}\n`);
    } catch (error) {
      if (hasCode(error, "EPIPE")) throw error;
      status = 1;
      await host.stderr.write(`docker: ${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
  return status;
}
