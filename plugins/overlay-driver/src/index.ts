import { Paths, StorageDriver, definePlugin } from "@gantry/core";

import { OverlayDriver } from "./overlay-driver.ts";
import { OverlayOptions, overlayOptions } from "./overlay-options.ts";
import { probe } from "./overlay-support.ts";

export { OverlayDriver } from "./overlay-driver.ts";
export { OverlayOptions } from "./overlay-options.ts";

/** Copy-on-write root file systems over the kernel's overlayfs. */
export const overlayDriver = definePlugin<OverlayOptions>({
  name: "@gantry/overlay-driver",
  options: overlayOptions,
  provides: [StorageDriver],
  requires: [Paths],
  probe,
  register: (registrar, options) => {
    registrar.value(OverlayOptions, options);
    registrar.singleton(StorageDriver, OverlayDriver);
  },
});
export default overlayDriver;
