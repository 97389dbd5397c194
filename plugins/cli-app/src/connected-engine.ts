import type { Engine } from "@gantry/engine";

/** Reaches an engine when a command needs one: an embedded engine, or a client of a daemon. */
export interface EngineConnector {
  /**
   * Called only by a command that has understood its arguments. Repeated calls give the same engine; whoever made the
   * connector closes it after the command. Errors: `unavailable`, `forbidden`, `conflict`, as the engine's start says.
   */
  connect(): Promise<ConnectedEngine>;
}

export interface ConnectedEngine extends Engine {
  /** What is wired, in order of start, with those that this machine cannot run. */
  plugins(): readonly PluginReport[] | Promise<readonly PluginReport[]>;
}

export interface PluginReport {
  name: string;
  /** Names of the interfaces that it provides. */
  provides: readonly string[];
  active: boolean;
  /** Why it is not active. */
  reason?: string;
}
