import type { CommandContext, CommandOption } from "@gantry/core";

import { interruptible } from "../interruption.ts";
import { flag, value } from "../parsing/option-specs.ts";
import { parseTimestamp } from "../parsing/parse-time.ts";
import { LineStamper } from "../rendering/line-stamper.ts";
import { present } from "../run/present.ts";
import { EngineCommand } from "./engine-command.ts";

const when = '(e.g. "2013-01-02T13:23:37Z") or relative (e.g. "42m" for 42 minutes)';

export class LogsCommand extends EngineCommand {
  readonly path = ["logs"];
  override readonly aliases = [["container", "logs"]];
  readonly summary = "Fetch the logs of a container";
  readonly synopsis = "[OPTIONS] CONTAINER";
  override readonly options: readonly CommandOption[] = [
    flag("details", "Show extra details provided to logs: no log driver here provides any"),
    flag("follow", "Follow log output", "f"),
    value("since", "string", `Show logs since timestamp ${when}`),
    { ...value("tail", "string", "Number of lines to show from the end of the logs", "n"), default: "all" },
    flag("timestamps", "Show timestamps", "t"),
    value("until", "string", `Show logs before a timestamp ${when}`),
  ];

  async run(context: CommandContext): Promise<number> {
    this.require(context, 1);
    const { host, arguments: names } = context;
    const values = this.values(context);
    const time = (text: string): bigint => parseTimestamp(text, host.now());
    const stamper = values.flag("timestamps") ? new LineStamper() : undefined;
    const query = present({
      follow: values.flag("follow"),
      since: values.parsed("since", time),
      until: values.parsed("until", time),
      tail: values.parsed("tail", parseTail),
      untimed: stamper === undefined,
    });
    const { containers } = await this.connect();
    return interruptible(host, async (signal) => {
      for await (const entry of containers.logs(names[0]!, { ...query, signal })) {
        for (const piece of stamper?.stamp(entry) ?? [entry.data]) await host[entry.stream].write(piece);
      }
      return 0;
    });
  }
}

/** As Docker reads it: what is no number means all. */
function parseTail(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined;
}
