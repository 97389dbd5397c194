import type { RcliCommand } from "../commands/rcli-command.ts";
import { flagDefaults } from "./go-flags.ts";

/** The list of 4 February 2013, in its order; `attach` stood in it twice. */
const listed: readonly (readonly [string, string])[] = [
  ["run", "Run a command in a container"],
  ["ps", "Display a list of containers"],
  ["pull", "Download a tarball and create a container from it"],
  ["put", "Upload a tarball and create a container from it"],
  ["rm", "Remove containers"],
  ["wait", "Wait for the state of a container to change"],
  ["stop", "Stop a running container"],
  ["logs", "Fetch the logs of a container"],
  ["diff", "Inspect changes on a container's filesystem"],
  ["commit", "Save the state of a container"],
  ["attach", "Attach to the standard inputs and outputs of a running container"],
  ["info", "Display system-wide information"],
  ["tar", "Stream the contents of a container as a tar archive"],
  ["web", "Generate a web UI"],
  ["attach", "Attach to a running container"],
];

export function helpText(): string {
  const lines = listed.map(([name, summary]) => `    ${name.padEnd(10)}${summary}\n`);
  return `Usage: docker COMMAND [arg...]\n\nA self-sufficient runtime for linux containers.\n\nCommands:\n${lines.join("")}`;
}

export function usageText({ name, signature, description, flags }: RcliCommand): string {
  return `\nUsage: docker ${name} ${signature}\n\n${description}\n\n${flagDefaults(flags)}`;
}
