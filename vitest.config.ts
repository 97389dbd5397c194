import { defineConfig } from "vitest/config";

const serial = { pool: "forks", fileParallelism: false } as const;

export default defineConfig({
  oxc: { decorator: { legacy: true } },
  ssr: { resolve: { conditions: ["@gantry/source"] } },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["{packages,plugins,apps}/*/test/**/*.test.ts", "test/architecture/**/*.test.ts"],
          exclude: ["**/*.privileged.test.ts"],
        },
      },
      {
        extends: true,
        test: {
          ...serial,
          name: "privileged",
          include: ["{packages,plugins,apps}/*/test/**/*.privileged.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          ...serial,
          name: "e2e",
          include: ["test/{e2e,faults}/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
