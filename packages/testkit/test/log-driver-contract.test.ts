import { logDriverContract, memoryLogDriver } from "@gantry/testkit";

logDriverContract("memory", { plugins: ({ dir }) => [memoryLogDriver({ root: dir })] });
