import { imageStoreContract } from "@gantry/testkit";

import { localImageStore } from "../src/index.ts";

imageStoreContract("local", { plugins: ({ dir }) => [localImageStore({ root: dir })] });
