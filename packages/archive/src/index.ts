export * from "./archive-entry.ts";
export * from "./archive-layer-differ.ts";
export * from "./decompress.ts";
export * from "./export-tree.ts";
export { writeEntry } from "./layer-target.ts";
export * from "./tar-reader.ts";
export * from "./tar-writer.ts";
export * from "./tree-digest.ts";
