import { Paths, VolumeDriver, definePlugin } from "@gantry/core";

import { LocalVolumeDriver } from "./local-volume-driver.ts";
import { LocalVolumeOptions, localVolumeOptions } from "./local-volume-options.ts";

export { LocalVolumeDriver } from "./local-volume-driver.ts";
export { LocalVolumeOptions } from "./local-volume-options.ts";

/** Volumes in a local directory. */
export const localVolumes = definePlugin<LocalVolumeOptions>({
  name: "@gantry/local-volumes",
  options: localVolumeOptions,
  provides: [VolumeDriver],
  requires: [Paths],
  register: (registrar, options) => {
    registrar.value(LocalVolumeOptions, options);
    registrar.singleton(VolumeDriver, LocalVolumeDriver);
  },
});
export default localVolumes;
