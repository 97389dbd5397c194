import type { CommandContext, CommandOption } from "@gantry/core";

import type { ConnectedEngine } from "../connected-engine.ts";
import { flag, value } from "../parsing/option-specs.ts";
import { UsageError } from "../parsing/usage-error.ts";
import { pathPart } from "../rendering/api-documents.ts";
import { renderObject } from "../rendering/formatted-object.ts";
import { EngineCommand, orMore } from "./engine-command.ts";
import { hasCode } from "./error-code.ts";
import { objectFormatOption } from "./format-option.ts";

type Kind = "container" | "image" | "network" | "volume";

const documentPaths: Readonly<Record<Kind, (name: string) => string>> = {
  container: (name) => `/containers/${pathPart(name)}/json`,
  image: (name) => `/images/${pathPart(name)}/json`,
  network: (name) => `/networks/${pathPart(name)}`,
  volume: (name) => `/volumes/${pathPart(name)}`,
};
const kinds = Object.keys(documentPaths) as Kind[];
/** Names belong to a container first, as for Docker. */
const searchOrder: readonly Kind[] = ["container", "image", "network", "volume"];

const sizeOption = flag("size", "Display total file sizes if the type is container", "s");

/** Shows the documents that describe objects, in an array as Docker does, or as a format says. */
abstract class DocumentCommand extends EngineCommand {
  /** Of which kinds a name may be, in this order. */
  protected abstract kinds(context: CommandContext): readonly Kind[];

  async run(context: CommandContext): Promise<number> {
    this.require(context, 1, orMore);
    const { host, arguments: names } = context;
    const values = this.values(context);
    const format = values.text("format");
    const searched = this.kinds(context);
    const engine = await this.connect();
    const documents: unknown[] = [];
    const failures: string[] = [];
    for (const name of names) {
      try {
        documents.push(await findDocument(engine, name, searched, values.flag("size")));
      } catch (error) {
        if (!hasCode(error, "not-found")) throw error;
        failures.push((error as Error).message);
      }
    }
    if (format === undefined) await host.stdout.write(`${JSON.stringify(documents, null, 4)}\n`);
    else await host.stdout.write(documents.map((document) => renderObject(document, format)).join(""));
    for (const failure of failures) await host.stderr.write(`docker: ${failure}\n`);
    return failures.length === 0 ? 0 : 1;
  }
}

async function findDocument(
  engine: ConnectedEngine,
  name: string,
  searched: readonly Kind[],
  size: boolean,
): Promise<unknown> {
  let failure: unknown;
  for (const kind of searched) {
    try {
      return await engine.document(documentPaths[kind](name), kind === "container" ? { size } : {});
    } catch (error) {
      // What is no name of one kind may be one of another.
      const other = searched.length > 1 && (hasCode(error, "not-found") || hasCode(error, "invalid-argument"));
      if (!other) throw error;
      failure = error;
    }
  }
  throw Object.assign(new Error(`No such object: ${name}`, { cause: failure }), { code: "not-found" });
}

export class InspectCommand extends DocumentCommand {
  readonly path = ["inspect"];
  readonly summary = "Return low-level information on Docker objects";
  readonly synopsis = "[OPTIONS] NAME|ID [NAME|ID...]";
  override readonly options: readonly CommandOption[] = [
    objectFormatOption,
    sizeOption,
    value("type", "string", "Only inspect objects of the given type"),
  ];

  protected kinds(context: CommandContext): readonly Kind[] {
    const type = this.values(context).text("type");
    if (type === undefined || type === "") return searchOrder;
    const kind = kinds.find((known) => known === type);
    if (kind === undefined)
      throw new UsageError(`"${type}" is not a valid value for --type: use one of ${kinds.join(", ")}`, 1);
    return [kind];
  }
}

export class ContainerInspectCommand extends DocumentCommand {
  readonly path = ["container", "inspect"];
  readonly summary = "Display detailed information on one or more containers";
  readonly synopsis = "[OPTIONS] CONTAINER [CONTAINER...]";
  override readonly options: readonly CommandOption[] = [objectFormatOption, sizeOption];

  protected kinds(): readonly Kind[] {
    return ["container"];
  }
}

export class ImageInspectCommand extends DocumentCommand {
  readonly path = ["image", "inspect"];
  readonly summary = "Display detailed information on one or more images";
  readonly synopsis = "[OPTIONS] IMAGE [IMAGE...]";
  override readonly options: readonly CommandOption[] = [objectFormatOption];

  protected kinds(): readonly Kind[] {
    return ["image"];
  }
}

export class VolumeInspectCommand extends DocumentCommand {
  readonly path = ["volume", "inspect"];
  readonly summary = "Display detailed information on one or more volumes";
  readonly synopsis = "[OPTIONS] VOLUME [VOLUME...]";
  override readonly options: readonly CommandOption[] = [objectFormatOption];

  protected kinds(): readonly Kind[] {
    return ["volume"];
  }
}
