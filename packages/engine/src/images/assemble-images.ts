import type { ContainerRecord } from "../containers/container-record.ts";
import type { EngineComponents } from "../engine-components.ts";
import type { EventLog } from "../events/event-log.ts";
import { ImageEvents } from "../events/image-events.ts";
import { ImageCatalog } from "./image-catalog.ts";
import { ImageContents } from "./image-contents.ts";
import { ImageGarbage } from "./image-garbage.ts";
import { ImageInspector } from "./image-inspector.ts";
import { ImageLoader } from "./image-loader.ts";
import { ImagePruner } from "./image-pruner.ts";
import { ImagePuller } from "./image-puller.ts";
import { ImageRemover } from "./image-remover.ts";
import { ImageSaver } from "./image-saver.ts";
import { ImageWriter } from "./image-writer.ts";
import { LayerImporter } from "./layer-importer.ts";
import { LayerUnpacker } from "./layer-unpacker.ts";
import { LocalImages } from "./local-images.ts";

export interface ImageSide {
  images: LocalImages;
  catalog: ImageCatalog;
  contents: ImageContents;
  garbage: ImageGarbage;
  unpacker: LayerUnpacker;
  writer: ImageWriter;
}

/**
 * Puts together what deals with images.
 * @param containers every container, also one that is being created
 */
export function assembleImages(
  components: Pick<EngineComponents, "state" | "storage" | "differ" | "imageStore" | "logger" | "sources">,
  log: EventLog,
  containers: () => readonly ContainerRecord[],
): ImageSide {
  const { state, storage, differ, imageStore, logger, sources } = components;
  const catalog = new ImageCatalog(state);
  const contents = new ImageContents(imageStore, state);
  const unpacker = new LayerUnpacker(storage, differ);
  const garbage = new ImageGarbage(catalog, contents, storage, logger);
  const writer = new ImageWriter(catalog, contents);
  const events = new ImageEvents(log);
  const remover = new ImageRemover({ catalog, garbage, events, containers });
  const images = new LocalImages({
    catalog,
    puller: new ImagePuller({ sources, catalog, contents, unpacker, storage }),
    importer: new LayerImporter({ contents, unpacker, writer, garbage }),
    inspector: new ImageInspector(catalog, contents),
    saver: new ImageSaver(catalog, contents),
    loader: new ImageLoader({ contents, unpacker, writer, garbage }),
    remover,
    pruner: new ImagePruner({ catalog, containers, remove: (id) => remover.remove(id, false) }),
    events,
  });
  return { images, catalog, contents, garbage, unpacker, writer };
}
