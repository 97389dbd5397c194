import type { CommandContext, CommandOption } from "@gantry/core";
import type { ImageHistoryEntry } from "@gantry/engine";

import { flag } from "../parsing/option-specs.ts";
import { type ListField, renderList } from "../rendering/formatted-list.ts";
import { goTime } from "../rendering/go-time.ts";
import { humanAge } from "../rendering/human-duration.ts";
import { humanSize } from "../rendering/human-size.ts";
import { ellipsis, printable, shortId } from "../rendering/short-text.ts";
import { EngineCommand } from "./engine-command.ts";
import { listFormatOption } from "./format-option.ts";

const createdByWidth = 45;

export class HistoryCommand extends EngineCommand {
  readonly path = ["history"];
  override readonly aliases = [["image", "history"]];
  readonly summary = "Show the history of an image";
  readonly synopsis = "[OPTIONS] IMAGE";
  override readonly options: readonly CommandOption[] = [
    listFormatOption,
    { ...flag("human", "Print sizes and dates in human readable format", "H"), default: true },
    flag("no-trunc", "Don't truncate output"),
    flag("quiet", "Only show image IDs", "q"),
  ];

  async run(context: CommandContext): Promise<number> {
    this.require(context, 1);
    const { host, arguments: names } = context;
    const values = this.values(context);
    const rows = await (await this.connect()).images.history(names[0]!);
    const shown = { now: host.now(), human: values.flag("human"), truncate: !values.flag("no-trunc") };
    const fields = historyFields(shown);
    const columns = ["ID", "CreatedSince", "CreatedBy", "Size", "Comment"];
    const format = values.flag("quiet") ? "{{.ID}}" : values.text("format");
    await host.stdout.write(renderList(rows, { fields, columns, format }));
    return 0;
  }
}

function historyFields(options: {
  now: number;
  human: boolean;
  truncate: boolean;
}): readonly ListField<ImageHistoryEntry>[] {
  const { now, human, truncate } = options;
  const createdAt = (row: ImageHistoryEntry): string => row.createdAt.replace(/\.\d+Z$/, "Z");
  const createdBy = (row: ImageHistoryEntry): string => {
    const line = printable(row.createdBy.replaceAll("\t", " "));
    return truncate ? ellipsis(line, createdByWidth) : line;
  };
  return [
    { name: "ID", heading: "IMAGE", value: (row) => (truncate ? shortId(row.id) : row.id) },
    {
      name: "CreatedSince",
      heading: "CREATED",
      value: (row) => (human ? `${humanAge(row.createdAt, now)} ago` : createdAt(row)),
    },
    { name: "CreatedAt", heading: "CREATED AT", value: (row) => (human ? goTime(row.createdAt) : createdAt(row)) },
    { name: "CreatedBy", heading: "CREATED BY", value: createdBy },
    { name: "Size", heading: "SIZE", value: (row) => (human ? humanSize(row.size) : String(row.size)) },
    { name: "Comment", heading: "COMMENT", value: (row) => printable(row.comment) },
    { name: "Tags", heading: "TAGS", value: (row) => row.tags.join(",") },
  ];
}
