import type { CommandContext, CommandHost, CommandOption } from "@gantry/core";

import { interruptible } from "../interruption.ts";
import { flag } from "../parsing/option-specs.ts";
import { renderList } from "../rendering/formatted-list.ts";
import { statsFields } from "../rendering/stats-fields.ts";
import { StatsWatch } from "../session/stats-watch.ts";
import { EngineCommand, orMore } from "./engine-command.ts";
import { listFormatOption } from "./format-option.ts";

const columns = ["ID", "Name", "CPUPerc", "MemUsage", "MemPerc", "NetIO", "BlockIO", "PIDs"];
const clearScreen = "\u001B[H\u001B[2J";
/** Milliseconds. */
const redrawInterval = 500;

export class StatsCommand extends EngineCommand {
  readonly path = ["stats"];
  override readonly aliases = [["container", "stats"]];
  readonly summary = "Display a live stream of container(s) resource usage statistics";
  readonly synopsis = "[OPTIONS] [CONTAINER...]";
  override readonly options: readonly CommandOption[] = [
    flag("all", "Show all containers (default shows just running)", "a"),
    listFormatOption,
    flag("no-stream", "Disable streaming stats and only pull the first result"),
    flag("no-trunc", "Do not truncate output"),
  ];

  async run(context: CommandContext): Promise<number> {
    this.require(context, 0, orMore);
    const { host, arguments: names } = context;
    const values = this.values(context);
    const fields = statsFields(!values.flag("no-trunc"));
    const format = values.text("format");
    const engine = await this.connect();
    const watch = new StatsWatch(engine, { names, all: values.flag("all") });
    const render = (): string => renderList(watch.rows(), { fields, columns, format });
    if (values.flag("no-stream")) {
      await interruptible(host, (signal) => watch.sampleOnce(signal));
      await host.stdout.write(render());
      return 0;
    }
    const screen = format === undefined || format.startsWith("table") ? clearScreen : "";
    return follow(host, watch, () => screen + render());
  }
}

/** Shows what there is, again and again, until the watched containers are gone or a signal comes. */
async function follow(host: CommandHost, watch: StatsWatch, render: () => string): Promise<number> {
  return interruptible(host, async (signal) => {
    const ended = watch.follow(signal).then(() => true);
    for (let over = false; !over;) {
      over = await Promise.race([ended, pause(redrawInterval)]);
      await host.stdout.write(render());
    }
    return 0;
  });
}

async function pause(milliseconds: number): Promise<false> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  return false;
}
