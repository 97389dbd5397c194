export { InProcessConnection } from "./in-process-connection.ts";
export { RemoteEngine } from "./remote-engine.ts";
export type { QueryParameters, QueryValue } from "./wire/query-string.ts";
