import { storageDriverContract } from "@gantry/testkit";

import contractPlugins from "./contract-plugins.ts";

storageDriverContract("vfs", {
  plugins: contractPlugins,
  needs: ["root", "linux"],
  crash: new URL("./contract-plugins.ts", import.meta.url),
});
