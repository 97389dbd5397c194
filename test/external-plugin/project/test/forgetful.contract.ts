import { storageDriverContract } from "@gantry/testkit";

import { directoryDriver } from "../src/plugin.ts";

storageDriverContract("forgetful", { plugins: ({ dir }) => [directoryDriver({ root: dir, variant: "forgetful" })] });
