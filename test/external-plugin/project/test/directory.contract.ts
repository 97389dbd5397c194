import { storageDriverContract } from "@gantry/testkit";

import { directoryDriver } from "../src/plugin.ts";

storageDriverContract("directory", { plugins: ({ dir }) => [directoryDriver({ root: dir, variant: "directory" })] });
