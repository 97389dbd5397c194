import { volumeDriverContract } from "@gantry/testkit";

import { localVolumes } from "../src/index.ts";

volumeDriverContract("local", { plugins: ({ dir }) => [localVolumes({ root: dir })] });
