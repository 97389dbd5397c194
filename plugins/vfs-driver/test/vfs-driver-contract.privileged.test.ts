import { linuxHelper } from "@gantry/linux";
import { storageDriverContract } from "@gantry/testkit";

import { vfsDriver } from "../src/index.ts";

storageDriverContract("vfs", {
  plugins: ({ dir }) => [linuxHelper(), vfsDriver({ root: dir })],
  needs: ["root", "linux"],
});
