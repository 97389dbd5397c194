import { logDriverContract } from "@gantry/testkit";

import { jsonFileLogs } from "../src/index.ts";

logDriverContract("json-file", { plugins: () => [jsonFileLogs()] });
