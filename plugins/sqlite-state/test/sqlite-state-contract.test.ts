import { join } from "node:path";

import { stateStoreContract } from "@gantry/testkit";

import { sqliteState } from "../src/index.ts";

stateStoreContract("sqlite", { plugins: ({ dir }) => [sqliteState({ path: join(dir, "state.db") })] });
