import type { ContainerRecord } from "../containers/container-record.ts";
import type { EventLog } from "./event-log.ts";

type Subject = Pick<ContainerRecord, "id" | "name" | "image" | "config">;

/** Tells what happened to containers, with Docker's attributes: labels, image, name, and what belongs to the action. */
export class ContainerEvents {
  readonly #log: EventLog;

  constructor(log: EventLog) {
    this.#log = log;
  }

  emit({ id, name, image, config }: Subject, action: string, more: Readonly<Record<string, string>> = {}): void {
    this.#log.emit({ type: "container", action, id, attributes: { ...config.labels, image, name, ...more } });
  }
}
