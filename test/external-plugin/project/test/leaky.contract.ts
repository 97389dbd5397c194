import { storageDriverContract } from "@gantry/testkit";

import { directoryDriver } from "../src/plugin.ts";

storageDriverContract("leaky", { plugins: ({ dir }) => [directoryDriver({ root: dir, variant: "leaky" })] });
