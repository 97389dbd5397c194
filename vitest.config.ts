import { defineConfig } from "vitest/config";

/** These touch the machine's mounts and cgroups: one file at a time, after everything that does not. */
const serial = { pool: "forks", fileParallelism: false } as const;

/** No root needed, but minutes: whole contracts, and engines and programs that are killed again and again. */
const contracts = [
  "{packages,plugins}/*/test/**/*contract*.test.ts",
  "{packages,plugins}/*/test/**/{crash,broken-drivers,killed-engine,restart-policy,tls}.test.ts",
];

export default defineConfig({
  oxc: { decorator: { legacy: true } },
  ssr: { resolve: { conditions: ["@gantry/source"] } },
  test: {
    reporters: ["default", "./test/reporter/totals.ts"],
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["{packages,plugins,apps}/*/test/**/*.test.ts", "test/architecture/**/*.test.ts"],
          exclude: [...contracts, "**/*.privileged.test.ts", "**/node_modules/**"],
          globalSetup: ["test/setup/build-helper.ts"],
          testTimeout: 20_000,
          maxWorkers: "100%",
          // To import everything once per process instead of once per file halves the time.
          isolate: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: "contract",
          include: contracts,
          exclude: ["**/*.privileged.test.ts", "**/node_modules/**"],
          globalSetup: ["test/setup/build-helper.ts"],
          testTimeout: 30_000,
          maxWorkers: "100%",
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          ...serial,
          name: "privileged",
          include: ["{packages,plugins,apps}/*/test/**/*.privileged.test.ts"],
          globalSetup: ["test/setup/build-helper.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 3 },
        },
      },
      {
        extends: true,
        test: {
          ...serial,
          name: "e2e",
          include: ["test/{reporter,e2e,faults,seed,external-plugin}/**/*.test.ts"],
          globalSetup: ["test/setup/build-helper.ts", "test/setup/build-all.ts", "test/setup/images.ts"],
          // Each call has its engine in its own process, so that a test may have one on the same directories as well.
          env: { GANTRY_EMBEDDED: "1" },
          testTimeout: 120_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
