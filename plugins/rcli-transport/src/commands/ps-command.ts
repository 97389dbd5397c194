import type { ContainerSummary } from "@gantry/engine";

import type { FlagDefinition } from "../text/go-flags.ts";
import { humanDuration } from "../text/human-duration.ts";
import { containerId, imageName } from "../text/identifiers.ts";
import { tabulate } from "../text/tab-writer.ts";
import type { RcliCall, RcliCommand } from "./rcli-command.ts";
import { commentLabel } from "./run-command.ts";

const commandWidth = 20;

/** A table, the newest container first; `-q` prints ids alone. */
export class PsCommand implements RcliCommand {
  readonly name = "ps";
  readonly signature = "[OPTIONS]";
  readonly description = "List containers";
  readonly flags: readonly FlagDefinition[] = [
    {
      name: "a",
      type: "boolean",
      default: false,
      usage: "Show all containers. Only running containers are shown by default.",
    },
    { name: "notrunc", type: "boolean", default: false, usage: "Don't truncate output" },
    { name: "q", type: "boolean", default: false, usage: "Only display numeric IDs" },
  ];
  readonly reads = true;

  async *run({ engine, flags, now }: RcliCall): AsyncGenerator<string> {
    const containers = await engine.containers.list({ all: flags.on("a") });
    if (flags.on("q")) {
      for (const { id } of containers) yield `${containerId(id)}\n`;
      return;
    }
    const rows = containers.map((container) => row(container, now, flags.on("notrunc")));
    yield tabulate([["ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "COMMENT"], ...rows], 12, 3);
  }
}

function row(container: ContainerSummary, now: number, whole: boolean): readonly string[] {
  const command = oneLine(container.command);
  return [
    containerId(container.id),
    imageName(container.image),
    whole ? command : Array.from(command).slice(0, commandWidth).join(""),
    `${since(container.createdAt, now)} ago`,
    status(container, now),
    oneLine(container.labels[commentLabel] ?? ""),
  ];
}

function status({ state }: ContainerSummary, now: number): string {
  const up = ["running", "paused"].includes(state.status);
  return up ? `Up ${since(state.startedAt, now)}` : `Exit ${state.exitCode}`;
}

function since(time: string | undefined, now: number): string {
  return humanDuration(time === undefined ? 0 : now - Date.parse(time));
}

/** Control characters would break the table, or reach the reader's terminal. */
function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1));
}
