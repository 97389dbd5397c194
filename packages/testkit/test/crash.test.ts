import { expect, test } from "vitest";

import { type ContractOptions, runContract, stateStoreChecks } from "@gantry/testkit";

import { durablePlugins, hastyPlugins } from "./fixtures/file-state-store.ts";

const checks = stateStoreChecks.checks.filter(({ rule }) => rule.includes("kill -9"));

async function outcome(options: ContractOptions): Promise<unknown> {
  const [result] = await runContract({ ...stateStoreChecks, checks }, { timeout: 60_000, ...options });
  return result;
}

test("a store that writes before it answers passes the check that kills it", { timeout: 60_000 }, async () => {
  const crash = new URL("./fixtures/durable-plugins.ts", import.meta.url);
  expect(await outcome({ plugins: durablePlugins, crash })).toMatchObject({ outcome: "passed" });
});

test("a store that answers before it writes fails it", { timeout: 60_000 }, async () => {
  const crash = new URL("./fixtures/hasty-plugins.ts", import.meta.url);
  expect(await outcome({ plugins: hastyPlugins, crash })).toMatchObject({ outcome: "failed" });
});

test("a module that cannot be loaded fails it, with what the process said", { timeout: 60_000 }, async () => {
  const crash = new URL("./fixtures/no-such-module.ts", import.meta.url);
  expect(await outcome({ plugins: durablePlugins, crash })).toMatchObject({
    outcome: "failed",
    error: { message: expect.stringContaining("no-such-module") },
  });
});

test("without a module it is skipped", async () => {
  expect(await outcome({ plugins: durablePlugins })).toMatchObject({
    outcome: "skipped",
    reason: "no crash module is given",
  });
});
