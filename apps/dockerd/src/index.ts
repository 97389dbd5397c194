/** For a program that answers Docker's API from an engine of its own, as the daemon does. */
export { apiFacts, type FactsInput } from "./api-facts.ts";
export { engineHandler } from "./engine-handler.ts";
export { engineId } from "./engine-id.ts";
