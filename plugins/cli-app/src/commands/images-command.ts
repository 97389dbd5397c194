import type { Command, CommandContext, CommandOption } from "@gantry/core";

import type { EngineConnector } from "../connected-engine.ts";
import { OptionValues, requireArguments } from "../parsing/option-values.ts";
import { renderList } from "../rendering/formatted-list.ts";
import { imageFields, imageRows, matchesRepository } from "../rendering/image-fields.ts";
import { listFormatOption } from "./format-option.ts";

export class ImagesCommand implements Command {
  readonly path = ["images"];
  readonly aliases = [
    ["image", "ls"],
    ["image", "list"],
  ];
  readonly summary = "List images";
  readonly synopsis = "[OPTIONS] [REPOSITORY[:TAG]]";
  readonly options: readonly CommandOption[] = [
    listFormatOption,
    { name: "no-trunc", type: "boolean", summary: "Don't truncate output" },
    { name: "quiet", short: "q", type: "boolean", summary: "Only show image IDs" },
  ];
  readonly #connector: EngineConnector;

  constructor(connector: EngineConnector) {
    this.#connector = connector;
  }

  async run({ arguments: words, options, host }: CommandContext): Promise<number> {
    requireArguments("images", words, 0, 1);
    const values = new OptionValues(this.options, options);
    const { images } = await this.#connector.connect();
    const all = imageRows(await images.list());
    const wanted = words[0];
    const rows = wanted === undefined ? all : all.filter((row) => matchesRepository(row, wanted));
    const fields = imageFields({ now: host.now(), truncate: !values.flag("no-trunc") });
    const columns = ["Repository", "Tag", "ID", "CreatedSince", "Size"];
    const shown = values.flag("quiet") ? "{{.ID}}" : values.text("format");
    await host.stdout.write(renderList(rows, { fields, columns, format: shown }));
    return 0;
  }
}
