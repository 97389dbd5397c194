import { stateStoreContract } from "@gantry/testkit";

import contractPlugins from "./contract-plugins.ts";

stateStoreContract("sqlite", {
  plugins: contractPlugins,
  crash: new URL("./contract-plugins.ts", import.meta.url),
});
