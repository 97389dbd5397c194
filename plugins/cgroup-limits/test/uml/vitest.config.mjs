import { defineConfig } from "vitest/config";

/** For the run inside user-mode Linux, whose root is the host's files, read-only: nothing is built or cached there. */
export default defineConfig({
  root: new URL("../../../..", import.meta.url).pathname,
  cacheDir: "/run/vite",
  oxc: { decorator: { legacy: true } },
  ssr: { resolve: { conditions: ["@gantry/source"] } },
  test: {
    include: ["plugins/cgroup-limits/test/contract.privileged.test.ts"],
    pool: "forks",
    fileParallelism: false,
    // The machine is ten times slower than its host.
    env: { CONTRACT_TIMEOUT: "120000" },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ["json"],
    outputFile: "/run/result.json",
  },
});
