import type { Command, CommandContext, CommandOption } from "@gantry/core";

import type { EngineConnector } from "../connected-engine.ts";
import { interruptible } from "../interruption.ts";
import { OptionValues, requireArguments } from "../parsing/option-values.ts";
import { parseTimestamp } from "../parsing/parse-time.ts";
import { LineStamper } from "../rendering/line-stamper.ts";
import { present } from "../run/present.ts";

const when = '(e.g. "2013-01-02T13:23:37Z") or relative (e.g. "42m" for 42 minutes)';

export class LogsCommand implements Command {
  readonly path = ["logs"];
  readonly aliases = [["container", "logs"]];
  readonly summary = "Fetch the logs of a container";
  readonly synopsis = "[OPTIONS] CONTAINER";
  readonly options: readonly CommandOption[] = [
    { name: "follow", short: "f", type: "boolean", summary: "Follow log output" },
    { name: "since", type: "string", summary: `Show logs since timestamp ${when}` },
    {
      name: "tail",
      short: "n",
      type: "string",
      summary: "Number of lines to show from the end of the logs",
      default: "all",
    },
    { name: "timestamps", short: "t", type: "boolean", summary: "Show timestamps" },
    { name: "until", type: "string", summary: `Show logs before a timestamp ${when}` },
  ];
  readonly #connector: EngineConnector;

  constructor(connector: EngineConnector) {
    this.#connector = connector;
  }

  async run({ arguments: names, options, host }: CommandContext): Promise<number> {
    requireArguments("logs", names, 1, 1);
    const values = new OptionValues(this.options, options);
    const time = (text: string): bigint => parseTimestamp(text, host.now());
    const query = present({
      follow: values.flag("follow"),
      since: values.parsed("since", time),
      until: values.parsed("until", time),
      tail: values.parsed("tail", parseTail),
    });
    const { containers } = await this.#connector.connect();
    const stamper = values.flag("timestamps") ? new LineStamper() : undefined;
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
