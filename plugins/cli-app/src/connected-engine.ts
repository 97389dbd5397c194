import type { PluginReport } from "@gantry/core";
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
  /** Every plugin that was listed, also those that are not wired, with the reason. */
  plugins(): readonly PluginReport[] | Promise<readonly PluginReport[]>;
}
