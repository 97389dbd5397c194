import type { EventLog } from "./event-log.ts";

type ImageAction = "pull" | "import" | "load" | "save" | "tag" | "untag" | "delete";

/** Tells what happened to images. */
export class ImageEvents {
  readonly #log: EventLog;

  constructor(log: EventLog) {
    this.#log = log;
  }

  /** @param name as Docker tells it: the familiar name, else the id */
  emit(action: ImageAction, id: string, name = id, labels: Readonly<Record<string, string>> = {}): void {
    this.#log.emit({ type: "image", action, id, attributes: { ...labels, name } });
  }

  pruned(bytes: number): void {
    this.#log.emit({ type: "image", action: "prune", id: "", attributes: { reclaimed: String(bytes) } });
  }
}
