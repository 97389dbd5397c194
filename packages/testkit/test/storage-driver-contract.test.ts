import { memoryStorageDriver, storageDriverContract } from "@gantry/testkit";

storageDriverContract("memory", { plugins: ({ dir }) => [memoryStorageDriver({ root: dir })] });
