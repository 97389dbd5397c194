import { isBeneath } from "./entry-path.ts";
import type { LocatedEntry } from "./tree-archive-entry.ts";

/** A walk with its next entry in hand. */
export class TreeCursor {
  readonly #entries: AsyncIterator<LocatedEntry>;
  /** `undefined` before the first `next` and at the end. */
  current: LocatedEntry | undefined;

  constructor(entries: AsyncIterable<LocatedEntry>) {
    this.#entries = entries[Symbol.asyncIterator]();
  }

  async next(): Promise<void> {
    const result = await this.#entries.next();
    this.current = result.done ? undefined : result.value;
  }

  /** Goes on behind the current entry and all that it holds. */
  async skipTree(): Promise<void> {
    const path = this.current!.entry.path;
    do await this.next();
    while (this.current && isBeneath(this.current.entry.path, path));
  }

  async close(): Promise<void> {
    await this.#entries.return?.();
  }
}
