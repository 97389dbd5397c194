import type { CommandContext, CommandOption } from "@gantry/core";
import type { EngineEvent } from "@gantry/engine";

import { interruptible } from "../interruption.ts";
import { filterOption, value } from "../parsing/option-specs.ts";
import { parseTimestamp } from "../parsing/parse-time.ts";
import { EventDocument } from "../rendering/event-document.ts";
import { renderObject } from "../rendering/formatted-object.ts";
import { rfc3339Nanos } from "../rendering/go-time.ts";
import { printable } from "../rendering/short-text.ts";
import { present } from "../run/present.ts";
import { EngineCommand } from "./engine-command.ts";
import { filtersOf } from "./filters.ts";

export class EventsCommand extends EngineCommand {
  readonly path = ["events"];
  override readonly aliases = [["system", "events"]];
  readonly summary = "Get real time events from the server";
  readonly synopsis = "[OPTIONS]";
  override readonly options: readonly CommandOption[] = [
    filterOption("f"),
    value("format", "string", "Format output using a custom template: 'json', or a Go template"),
    value("since", "string", "Show all events created since timestamp"),
    value("until", "string", "Stream events until this timestamp"),
  ];

  async run(context: CommandContext): Promise<number> {
    this.require(context, 0);
    const { host } = context;
    const values = this.values(context);
    const time = (text: string): bigint => parseTimestamp(text, host.now());
    const format = values.text("format");
    const query = {
      ...present({ since: values.parsed("since", time), until: values.parsed("until", time) }),
      filters: filtersOf(values),
    };
    const { events } = await this.connect();
    return interruptible(host, async (signal) => {
      for await (const event of events.subscribe({ ...query, signal })) {
        await host.stdout.write(
          format === undefined ? eventLine(event) : renderObject(new EventDocument(event), format),
        );
      }
      return 0;
    });
  }
}

function eventLine({ type, action, id, attributes, time }: EngineEvent): string {
  const facts = Object.entries(attributes)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, text]) => `${name}=${printable(text)}`);
  const actor = facts.length === 0 ? "" : ` (${facts.join(", ")})`;
  return `${rfc3339Nanos(time)} ${type} ${printable(action)} ${id}${actor}\n`;
}
