import type { EventLog } from "./event-log.ts";

type VolumeAction = "create" | "mount" | "unmount" | "destroy";

/** Tells what happened to volumes. */
export class VolumeEvents {
  readonly #log: EventLog;
  readonly #driver: string;

  /** @param driver its name */
  constructor(log: EventLog, driver: string) {
    this.#log = log;
    this.#driver = driver;
  }

  emit(action: VolumeAction, name: string, more: Readonly<Record<string, string>> = {}): void {
    this.#log.emit({ type: "volume", action, id: name, attributes: { driver: this.#driver, ...more } });
  }

  pruned(bytes: number): void {
    this.#log.emit({ type: "volume", action: "prune", id: "", attributes: { reclaimed: String(bytes) } });
  }
}
