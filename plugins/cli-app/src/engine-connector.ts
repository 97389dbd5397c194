import { token } from "@gantry/core";
import type { EngineConnector as Connector } from "./connected-engine.ts";

/** Where commands get their engine from. */
export type EngineConnector = Connector;
export const EngineConnector = token<Connector>("cli-app/EngineConnector");
