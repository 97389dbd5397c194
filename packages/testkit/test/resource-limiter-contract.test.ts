import { memoryResourceLimiter, resourceLimiterContract } from "@gantry/testkit";

resourceLimiterContract("memory", {
  plugins: ({ dir }) => [memoryResourceLimiter({ root: dir })],
  lacks: ["enforcement"],
});
