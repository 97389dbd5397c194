import type { CommandContext, CommandOption } from "@gantry/core";

import { filterOption, flag } from "../parsing/option-specs.ts";
import type { ImageListItem } from "../rendering/api-documents.ts";
import { renderList } from "../rendering/formatted-list.ts";
import { imageFields, imageRows } from "../rendering/image-fields.ts";
import { EngineCommand } from "./engine-command.ts";
import { filterQuery, filtersOf } from "./filters.ts";
import { listFormatOption } from "./format-option.ts";

export class ImagesCommand extends EngineCommand {
  readonly path = ["images"];
  override readonly aliases = [
    ["image", "ls"],
    ["image", "list"],
  ];
  readonly summary = "List images";
  readonly synopsis = "[OPTIONS] [REPOSITORY[:TAG]]";
  override readonly options: readonly CommandOption[] = [
    flag("all", "Show all images (default hides intermediate images)", "a"),
    flag("digests", "Show digests"),
    filterOption("f"),
    listFormatOption,
    flag("no-trunc", "Don't truncate output"),
    flag("quiet", "Only show image IDs", "q"),
  ];

  async run(context: CommandContext): Promise<number> {
    this.require(context, 0, 1);
    const { host, arguments: words } = context;
    const values = this.values(context);
    const filters = { ...filtersOf(values), ...(words[0] === undefined ? {} : { reference: [words[0]] }) };
    const query = { all: values.flag("all"), filters: filterQuery(filters) };
    const format = values.flag("quiet") ? "{{.ID}}" : values.text("format");
    const images = await (await this.connect()).document<readonly ImageListItem[]>("/images/json", query);
    const digests = values.flag("digests") || /\.Digest\b/.test(format ?? "");
    const rows = imageRows(images, digests);
    const fields = imageFields({ now: host.now(), truncate: !values.flag("no-trunc") });
    const columns = ["Repository", "Tag", ...(digests ? ["Digest"] : []), "ID", "CreatedSince", "Size"];
    await host.stdout.write(renderList(rows, { fields, columns, format }));
    return 0;
  }
}
