import { HttpTransport } from "@gantry/http-transport";
import { transportContract } from "@gantry/testkit";

import { webTerminal } from "../src/index.ts";

transportContract("web", {
  plugins: () => [webTerminal({ carrier: new HttpTransport() })],
  address: () => "web://127.0.0.1:0",
});
