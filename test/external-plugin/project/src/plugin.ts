import { definePlugin, StorageDriver } from "@gantry/core";

import { DirectoryDriver, DirectoryOptions } from "./directory-driver.ts";

/** Starts every snapshot empty: what a broken copy would do. */
class LeakyDriver extends DirectoryDriver {
  protected override async copyParent(): Promise<void> {}
}

/** Keeps its index in memory alone. */
class ForgetfulDriver extends DirectoryDriver {
  protected override async save(): Promise<void> {}
}

const drivers = { directory: DirectoryDriver, leaky: LeakyDriver, forgetful: ForgetfulDriver };

export const directoryDriver = definePlugin<DirectoryOptions & { variant: keyof typeof drivers }>({
  name: "directory-driver",
  provides: [StorageDriver],
  register: (registrar, { root, variant }) => {
    registrar.value(DirectoryOptions, { root });
    registrar.singleton(StorageDriver, drivers[variant]);
  },
});
export default directoryDriver;
