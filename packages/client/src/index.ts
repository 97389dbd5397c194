export { RemoteEngine } from "./remote-engine.ts";
export { filterParameter, imagePart, namePart } from "./wire/query-string.ts";
export type { QueryParameters, QueryValue } from "./wire/query-string.ts";
