import type { ImageSummary } from "@gantry/engine";

import type { FlagDefinition } from "../text/go-flags.ts";
import { humanDuration } from "../text/human-duration.ts";
import { imageId, imageName, nameless, resolveImage } from "../text/identifiers.ts";
import { tabulate } from "../text/tab-writer.ts";
import { EachArgument } from "./each-argument.ts";
import { type RcliCall, type RcliCommand, type RcliEngine, atLeast } from "./rcli-command.ts";

interface NamedImage {
  name: string;
  image: ImageSummary;
}

/** One line for each name; images without one are named `<none>`. */
export class ImagesCommand implements RcliCommand {
  readonly name = "images";
  readonly signature = "[OPTIONS] [NAME]";
  readonly description = "List images";
  readonly flags: readonly FlagDefinition[] = [
    { name: "l", type: "integer", default: 0, usage: "Only show the N newest images of each name" },
    { name: "q", type: "boolean", default: false, usage: "Only show numeric IDs" },
  ];
  readonly reads = true;

  async *run({ engine, flags, arguments: [wanted], now }: RcliCall): AsyncGenerator<string> {
    const named = newest(byName(await engine.images.list(), wanted), flags.integer("l"));
    if (flags.on("q")) {
      for (const { name, image } of named) yield `${imageId(name, image.id)}\n`;
      return;
    }
    const rows = await Promise.all(named.map((entry) => row(engine, entry, now)));
    yield tabulate([["NAME", "ID", "CREATED", "PARENT"], ...rows], 20, 3);
  }
}

async function row(engine: RcliEngine, { name, image }: NamedImage, now: number): Promise<readonly string[]> {
  const { parent } = await engine.images.inspect(image.id);
  const created = `${humanDuration(now - Date.parse(image.createdAt))} ago`;
  return [name, imageId(name, image.id), created, parent === "" ? "" : await parentId(engine, parent)];
}

async function parentId({ images }: RcliEngine, id: string): Promise<string> {
  const found = (await images.list()).find((image) => image.id === id);
  return imageId(imageName(found?.tags[0] ?? nameless), id);
}

/** Names sorted; of one name, the newest image first. */
function byName(images: readonly ImageSummary[], wanted: string | undefined): readonly NamedImage[] {
  return images
    .flatMap((image) =>
      (image.tags.length === 0 ? [nameless] : image.tags).map((tag) => ({ name: imageName(tag), image })),
    )
    .filter(({ name }) => wanted === undefined || name === imageName(wanted))
    .toSorted((left, right) => (left.name < right.name ? -1 : Number(left.name > right.name)));
}

function newest(named: readonly NamedImage[], limit: number): readonly NamedImage[] {
  if (limit <= 0) return named;
  return named.filter(({ name }, index) => named[index - limit]?.name !== name);
}

/** An archive on the standard input becomes an image of one layer. */
export class PutCommand implements RcliCommand {
  readonly name = "put";
  readonly signature = "[OPTIONS] NAME";
  readonly description = "Import a new image from a local archive.";
  readonly flags = [];

  async *run(call: RcliCall): AsyncGenerator<string> {
    const [name] = atLeast(call, 1);
    const { id } = await call.engine.images.importLayer(call.stdin, { name: name!, signal: call.signal });
    yield `${imageId(name!, id)}\n`;
  }
}

/** Takes names and the ids that `images` prints; prints nothing. */
export class RmiCommand extends EachArgument {
  readonly name = "rmi";
  override readonly signature = "[OPTIONS] IMAGE [IMAGE...]";
  readonly description = "Remove an image";

  async each(image: string, { engine }: RcliCall): Promise<undefined> {
    await engine.images.remove(await resolveImage(engine, image));
  }
}

/** Another name for the same image; prints the id under that name. */
export class CpCommand implements RcliCommand {
  readonly name = "cp";
  readonly signature = "[OPTIONS] IMAGE NAME";
  readonly description = "Create a copy of IMAGE and call it NAME";
  readonly flags = [];

  async *run(call: RcliCall): AsyncGenerator<string> {
    const [image, name] = atLeast(call, 2);
    const { images } = call.engine;
    const source = await resolveImage(call.engine, image!);
    await images.tag(source, name!);
    yield `${imageId(name!, (await images.inspect(name!)).record.id)}\n`;
  }
}
