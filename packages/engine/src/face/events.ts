import type { CallOptions } from "@gantry/core";

/**
 * What happened in the engine, as `docker events` shows it. Events are told in the order in which they happened; the last
 * 256 are kept for those who ask later, while the engine lives. Order for a run that removes itself: create, attach, start, die, destroy; a
 * stop adds kill before die and stop after it.
 */
export interface Events {
  /**
   * Past events of the query, then, unless `until` lies in the past, those to come: from the call on, not from the first read.
   * A slow reader misses none; one that lags 65,536 events behind is cut off with `unavailable`. Errors: `invalid-argument`
   * for an unknown filter.
   */
  subscribe(query?: EventQuery): AsyncIterable<EngineEvent>;
}

export interface EventQuery extends CallOptions {
  /** Nanoseconds since the epoch. Without `since` and `until`: only what comes. */
  since?: bigint;
  until?: bigint;
  /** By `type`, `event`, `container`, `image`, `label`, `volume`, `network`, `daemon`, `scope`. */
  filters?: Readonly<Record<string, readonly string[]>>;
}

export interface EngineEvent {
  type: "container" | "image" | "volume" | "network" | "daemon";
  /** `create`, `start`, `die`, `exec_create: sh -c true`, `health_status: healthy` … */
  action: string;
  /** Id of the container or image, name of the volume. */
  id: string;
  /** Name, image and labels of a container; `exitCode`, `signal`, `execID` where they belong. */
  attributes: Readonly<Record<string, string>>;
  /** Nanoseconds since the epoch. */
  time: bigint;
}
