import { EngineError } from "@gantry/core";

import type { EngineEvent, EventQuery, Events } from "../face/events.ts";
import { now } from "../timestamps.ts";
import { eventFilter } from "./event-filter.ts";
import { atTime } from "./at-time.ts";

const kept = 256;
/** How many events a reader may lag behind before it is cut off. */
export const maximumLag = 65_536;

/** An event, and the ones after it: a reader's place holds in memory what it has not read, and nothing else does. */
interface Link {
  readonly event: EngineEvent;
  readonly sequence: number;
  next: Link | undefined;
}

interface Reader {
  /** The last one that it has read. */
  place: Link;
  /** Set when it lags too far behind. */
  cut: boolean;
  wake: () => void;
}

export type NewEvent = Omit<EngineEvent, "time">;

/**
 * Tells what happened to everybody who asks, each at his own pace. Telling never waits: a reader that stands still while
 * {@link maximumLag} further events happen is cut off with `unavailable`.
 */
export class EventLog implements Events {
  #last: Link = {
    event: { type: "daemon", action: "", id: "", attributes: {}, time: 0n },
    sequence: 0,
    next: undefined,
  };
  /** The last one before those that are kept for later readers. */
  #before = this.#last;
  readonly #readers = new Set<Reader>();

  emit(event: NewEvent): void {
    const link: Link = { event: { ...event, time: now() }, sequence: this.#last.sequence + 1, next: undefined };
    this.#last.next = link;
    this.#last = link;
    if (link.sequence - this.#before.sequence > kept) this.#before = this.#before.next!;
    for (const reader of this.#readers) {
      if (link.sequence - reader.place.sequence > maximumLag) {
        reader.cut = true;
        // Lets go of what it will not read.
        reader.place = link;
        this.#readers.delete(reader);
      }
      reader.wake();
    }
  }

  /** Counts from the call on, not from the first read. Errors: `invalid-argument` for an unknown filter. */
  subscribe(query: EventQuery = {}): AsyncIterable<EngineEvent> {
    const wanted = eventFilter(query.filters ?? {});
    const past = query.since !== undefined || query.until !== undefined;
    const reader: Reader = { place: past ? this.#before : this.#last, cut: false, wake: () => {} };
    this.#readers.add(reader);
    const ended = (): void => void this.#readers.delete(reader);
    return { [Symbol.asyncIterator]: () => this.#read(reader, query, wanted, ended) };
  }

  async *#read(
    reader: Reader,
    { since = 0n, until, signal }: EventQuery,
    wanted: (event: EngineEvent) => boolean,
    ended: () => void,
  ): AsyncGenerator<EngineEvent> {
    const over = until === undefined ? undefined : atTime(until, () => reader.wake());
    const wake = (): void => reader.wake();
    signal?.addEventListener("abort", wake);
    try {
      for (;;) {
        signal?.throwIfAborted();
        if (reader.cut) {
          throw new EngineError("unavailable", `events come faster than they are read: more than ${maximumLag} wait`);
        }
        const { next } = reader.place;
        if (next === undefined) {
          if (over?.passed()) return;
          await new Promise<void>((resolve) => (reader.wake = resolve));
          continue;
        }
        reader.place = next;
        const { time } = next.event;
        if (until !== undefined && time > until) return;
        if (time >= since && wanted(next.event)) yield next.event;
      }
    } finally {
      signal?.removeEventListener("abort", wake);
      over?.cancel();
      ended();
    }
  }
}
