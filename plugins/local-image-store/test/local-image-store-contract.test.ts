import { imageStoreContract } from "@gantry/testkit";

import contractPlugins from "./contract-plugins.ts";

imageStoreContract("local", {
  plugins: contractPlugins,
  crash: new URL("./contract-plugins.ts", import.meta.url),
});
