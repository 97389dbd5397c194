import type { CallOptions, PluginReport } from "@gantry/core";
import type { ContainerVerbs, Containers, Events, Execs, ImageVerbs, Images, Volumes } from "@gantry/engine";

/** Reaches an engine when a command needs one: a daemon's, or one in this process. */
export interface EngineConnector {
  /**
   * Called only by a command that has understood its arguments. Repeated calls give the same engine; whoever made the
   * connector closes it after the command. Errors: `unavailable`, `forbidden`, `conflict`, as the engine's start says.
   */
  connect(): Promise<ConnectedEngine>;
}

/**
 * An engine as commands use it: the engine's face for what they do, and for what they show the documents of Docker's API, whose
 * fields users name in formats.
 */
export interface ConnectedEngine {
  readonly containers: Containers & ContainerVerbs;
  readonly images: Images & ImageVerbs;
  readonly execs: Execs;
  readonly events: Events;
  readonly volumes: Volumes;
  /** As `1.50`. */
  readonly apiVersion: string;
  /** What a GET of Docker's API answers at a path, whose parts are encoded: `/containers/json`. */
  document<T>(path: string, query?: DocumentQuery, call?: CallOptions): Promise<T>;
  /** Every plugin that was listed, also those that are not wired, with the reason. */
  plugins(): Promise<readonly PluginReport[]>;
}

export type DocumentQuery = Readonly<Record<string, string | number | boolean | undefined>>;
