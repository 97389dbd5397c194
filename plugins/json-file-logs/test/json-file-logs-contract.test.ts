import { logDriverContract } from "@gantry/testkit";

import contractPlugins from "./contract-plugins.ts";

logDriverContract("json-file", {
  plugins: contractPlugins,
  crash: new URL("./contract-plugins.ts", import.meta.url),
});
