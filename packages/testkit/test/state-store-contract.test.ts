import { memoryStateStore, stateStoreContract } from "@gantry/testkit";

stateStoreContract("memory", { plugins: ({ dir }) => [memoryStateStore({ root: dir })] });
