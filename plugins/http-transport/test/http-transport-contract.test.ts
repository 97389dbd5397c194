import { join } from "node:path";

import { transportContract } from "@gantry/testkit";

import { httpTransport } from "../src/index.ts";

transportContract("http on unix sockets", {
  plugins: () => [httpTransport()],
  address: ({ dir }, index) => `unix://${join(dir, `${index}.sock`)}`,
});

// Each listener gets a port of its own from the kernel; a port that is known beforehand could be somebody else's.
transportContract("http on TCP", {
  plugins: () => [httpTransport()],
  address: () => "tcp://127.0.0.1:0",
});
