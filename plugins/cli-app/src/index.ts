export { cliApp, default } from "./cli-app.ts";
export { EngineConnector } from "./engine-connector.ts";
export * from "./light.ts";
