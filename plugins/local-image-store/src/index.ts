import { ImageStore, Paths, definePlugin } from "@gantry/core";

import { LocalImageStore } from "./local-image-store.ts";
import { ImageStoreOptions, imageStoreOptions } from "./image-store-options.ts";

export { ImageStoreOptions } from "./image-store-options.ts";
export { LocalImageStore } from "./local-image-store.ts";

/** Content by SHA-256 in a local directory. */
export const localImageStore = definePlugin<ImageStoreOptions>({
  name: "@gantry/local-image-store",
  options: imageStoreOptions,
  provides: [ImageStore],
  requires: [Paths],
  register: (registrar, options) => {
    registrar.value(ImageStoreOptions, options);
    registrar.singleton(ImageStore, LocalImageStore);
  },
});
export default localImageStore;
