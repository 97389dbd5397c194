import type { CommandHost } from "@gantry/core";

import type { OptionValues } from "../parsing/option-values.ts";
import { InvalidValue, UsageError } from "../parsing/usage-error.ts";
import type { SessionStreams } from "../session/container-session.ts";

export interface Streams {
  detach: boolean;
  terminal: boolean;
  openStdin: boolean;
  attached: SessionStreams;
}

/**
 * Decides on the streams from `-a -d -i -t`. A call that names no command, on a terminal, means an interactive shell.
 * @param creating the container is not started now, so that the caller's own streams do not matter
 * @throws UsageError for a contradiction
 */
export function streamsOf(
  values: OptionValues,
  host: CommandHost,
  { noCommand, creating }: { noCommand: boolean; creating: boolean },
): Streams {
  const named = values.parsedList("attach", streamName);
  const detach = values.flag("detach");
  if (detach && named.length > 0) {
    throw new UsageError("conflicting options: cannot specify both --attach and --detach");
  }
  const chosen = ["interactive", "tty", "detach"].some((name) => values.flag(name)) || named.length > 0;
  const shell = noCommand && !creating && !chosen && host.stdin.isTerminal && host.stdout.isTerminal;
  const terminal = values.flag("tty") || shell;
  const openStdin = values.flag("interactive") || shell;
  const attached = attachedStreams(named, detach, openStdin);
  if (terminal && attached.stdin && !creating && !host.stdin.isTerminal) {
    throw new UsageError("the input device is not a TTY: leave -t out, or -i", 1);
  }
  return { detach, terminal, openStdin, attached };
}

function attachedStreams(named: readonly string[], detach: boolean, openStdin: boolean): SessionStreams {
  if (detach) return { stdin: false, stdout: false, stderr: false };
  if (named.length === 0) return { stdin: openStdin, stdout: true, stderr: true };
  return { stdin: named.includes("stdin"), stdout: named.includes("stdout"), stderr: named.includes("stderr") };
}

function streamName(text: string): string {
  const name = text.toLowerCase();
  if (["stdin", "stdout", "stderr"].includes(name)) return name;
  throw new InvalidValue("valid streams are STDIN, STDOUT and STDERR");
}
