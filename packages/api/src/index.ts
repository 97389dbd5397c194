export type { ApiFacts, DaemonFacts, MachineFacts, ProductFacts } from "./api-facts.ts";
export { apiHandler } from "./api-handler.ts";
