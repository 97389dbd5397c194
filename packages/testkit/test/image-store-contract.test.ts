import { imageStoreContract, memoryImageStore } from "@gantry/testkit";

imageStoreContract("memory", { plugins: ({ dir }) => [memoryImageStore({ root: dir })] });
