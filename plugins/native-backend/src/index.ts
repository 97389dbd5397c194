import { definePlugin, IsolationBackend, Paths, supported, unsupported } from "@gantry/core";
import { Helper } from "@gantry/linux";

import { NativeBackend } from "./native-backend.ts";
import { NativeOptions, nativeOptions } from "./native-options.ts";

export { NativeBackend } from "./native-backend.ts";
export { NativeOptions } from "./native-options.ts";

export const nativeBackend = definePlugin<NativeOptions>({
  name: "@gantry/native-backend",
  options: nativeOptions,
  provides: [IsolationBackend],
  requires: [Helper, Paths],
  probe: (host) => {
    if (host.platform !== "linux") return unsupported("namespaces are Linux's");
    return host.uid === 0 ? supported() : unsupported("namespaces need root: run the engine with sudo");
  },
  register: (registrar, options) => {
    registrar.value(NativeOptions, options);
    registrar.singleton(IsolationBackend, NativeBackend);
  },
});
export default nativeBackend;
