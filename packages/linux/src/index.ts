export * from "./helper.ts";
export * from "./step.ts";
export * from "./file-tree.ts";
export * from "./helper-binary.ts";
