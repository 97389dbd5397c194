export * from "./helper.ts";
export * from "./step.ts";
