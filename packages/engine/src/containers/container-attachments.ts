import type { ContainerRun } from "./container-run.ts";
import type { LocalAttachment } from "./local-attachment.ts";

/** The attachments that wait for their container's next start. */
export class ContainerAttachments {
  readonly #waiting = new Map<string, Set<LocalAttachment>>();

  add(id: string, attachment: LocalAttachment): void {
    const set = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, set.add(attachment));
  }

  delete(id: string, attachment: LocalAttachment): void {
    this.#waiting.get(id)?.delete(attachment);
  }

  /** Joins them to a run before its program writes anything: they see every byte. */
  bind(id: string, run: ContainerRun): void {
    for (const attachment of this.#take(id)) attachment.bind(run.isolated, run.readers.open(0));
  }

  /** Ends them: there will be no run. */
  end(id: string): void {
    for (const attachment of this.#take(id)) attachment.end();
  }

  endAll(): void {
    for (const id of this.#waiting.keys()) this.end(id);
  }

  #take(id: string): ReadonlySet<LocalAttachment> {
    const waiting = this.#waiting.get(id) ?? new Set();
    this.#waiting.delete(id);
    return waiting;
  }
}
