import { FileTree, Paths, StorageDriver, definePlugin } from "@gantry/core";

import { VfsDriver } from "./vfs-driver.ts";
import { VfsOptions, vfsOptions } from "./vfs-options.ts";

export { VfsDriver } from "./vfs-driver.ts";
export { VfsOptions } from "./vfs-options.ts";

/** Root file systems as whole copies, on any file system. */
export const vfsDriver = definePlugin<VfsOptions>({
  name: "@gantry/vfs-driver",
  options: vfsOptions,
  provides: [StorageDriver],
  requires: [FileTree, Paths],
  register: (registrar, options) => {
    registrar.value(VfsOptions, options);
    registrar.singleton(StorageDriver, VfsDriver);
  },
});
export default vfsDriver;
