import { EngineError } from "@gantry/core";

/**
 * A command line as the path of a request: `["run", "-i", "base"]` is `/run?q=-i&q=base`. This is how the commands are called
 * over HTTP, and how a line of the TCP protocol looks to a handler.
 */
export function pathOf([command = "", ...rest]: readonly string[]): string {
  const query = rest.map((argument) => `q=${encodeURIComponent(argument.toWellFormed())}`).join("&");
  return `/${encodeURIComponent(command.toWellFormed())}${query === "" ? "" : `?${query}`}`;
}

/**
 * The command line of a path; its last element is the command, everything but `q` in its query is passed over.
 * Errors: `invalid-argument` where a `%` is not followed by a byte.
 */
export function argumentsOf(path: string): readonly string[] {
  const [place = "", query = ""] = path.split(/\?(.*)/s);
  try {
    return [decodeURIComponent(place.slice(place.lastIndexOf("/") + 1)), ...new URLSearchParams(query).getAll("q")];
  } catch (cause) {
    throw new EngineError("invalid-argument", `the path ${JSON.stringify(place)} is not percent-encoded`, { cause });
  }
}
