import { memoryTransport, transportContract } from "@gantry/testkit";

transportContract("memory", {
  plugins: () => [memoryTransport()],
  address: ({ dir }, index) => `memory:${dir}/${index}`,
});
