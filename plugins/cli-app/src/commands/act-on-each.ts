import type { CommandHost } from "@gantry/core";

import { eachArgument } from "./each-argument.ts";
import { hasCode } from "./error-code.ts";

/** Does the same to each named container and prints the names; one that is as wanted already is no failure. */
export function actOnEach(
  host: CommandHost,
  names: readonly string[],
  act: (name: string) => Promise<unknown>,
): Promise<number> {
  return eachArgument(host, names, async (name) => {
    try {
      await act(name);
    } catch (error) {
      if (!hasCode(error, "not-modified")) throw error;
    }
    return name;
  });
}
