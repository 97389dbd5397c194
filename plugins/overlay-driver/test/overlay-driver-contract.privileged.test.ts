import { storageDriverContract } from "@gantry/testkit";

import { overlayDriver } from "../src/index.ts";

storageDriverContract("overlay", { plugins: ({ dir }) => [overlayDriver({ root: dir })], needs: ["root", "linux"] });
