/**
 * What an implementation may add to be told of the engine's start and stop. The kernel starts in order of need and stops in
 * reverse. A `start` that throws stops the whole start, and what was started is stopped again.
 */
export interface Lifecycled {
  start?(): Promise<void> | void;
  stop?(): Promise<void> | void;
}
