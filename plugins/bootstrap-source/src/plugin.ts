import { ImageSource, Paths, definePlugin, supported, unsupported } from "@gantry/core";

import { BootstrapSource } from "./bootstrap-source.ts";

/** Makes the images `base` and `busybox` from the packages of the host's own distribution. */
export const bootstrapSource = definePlugin<object>({
  name: "@gantry/bootstrap-source",
  provides: [ImageSource],
  requires: [Paths],
  probe: (host) =>
    host.program("apt-get") === undefined
      ? unsupported("this machine has no apt-get: base and busybox are made on Debian and Ubuntu")
      : supported(),
  register: (registrar) => registrar.singleton(ImageSource, BootstrapSource),
});
