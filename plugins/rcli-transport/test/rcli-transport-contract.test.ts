import { transportContract } from "@gantry/testkit";

import { rcliTransport } from "../src/index.ts";

transportContract("rcli", {
  plugins: () => [rcliTransport()],
  address: () => "rcli://127.0.0.1:0",
  lacks: ["heads"],
});
