import type { Command } from "@gantry/core";

import type { EngineConnector } from "./connected-engine.ts";

/** What the list of commands needs to know of one; the rest is loaded when it is called. */
export interface CommandEntry extends Pick<Command, "path" | "aliases" | "summary"> {
  /** Listed first. */
  common?: boolean;
  load(connector: EngineConnector): Promise<Command>;
}
