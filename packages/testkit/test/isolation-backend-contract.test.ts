import { isolationBackendContract, memoryIsolationBackend } from "@gantry/testkit";

isolationBackendContract("memory", {
  plugins: ({ dir }) => [memoryIsolationBackend({ root: dir })],
  rootfs: async () => [],
});
