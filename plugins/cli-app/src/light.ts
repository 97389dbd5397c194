/** What a command line needs before it knows which command it runs: loads neither the commands nor an engine. */
export { type Application, runApplication } from "./application.ts";
export type { CommandEntry } from "./command-entry.ts";
export { commandTable } from "./command-table.ts";
export type { ConnectedEngine, EngineConnector } from "./connected-engine.ts";
export type { GlobalOptions, TlsOptions } from "./global-options.ts";
