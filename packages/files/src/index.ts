export { type CopyOptions, copyTree } from "./copy-tree.ts";
export { diskUsage } from "./disk-usage.ts";
export { errnoOf, fileError, shown, wrapFileErrors } from "./file-errors.ts";
export { removeTree } from "./remove-tree.ts";
export { type Snapshot, SnapshotIndex, ancestors, infoOf } from "./snapshot-index.ts";
export { synchronizeDirectory } from "./synchronize-directory.ts";
