import { existsSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { StateStore, definePlugin, unsupported } from "@gantry/core";
import {
  type Bench,
  type Check,
  type CheckResult,
  type Contract,
  SkipError,
  bindContract,
  memoryStateStore,
  runContract,
  skipUnless,
} from "@gantry/testkit";

const options = { plugins: ({ dir }: { dir: string }) => [memoryStateStore({ root: dir })] };

async function results(checks: readonly Check<StateStore>[], more: object = {}): Promise<readonly CheckResult[]> {
  const contract: Contract<StateStore> = { name: "StateStore", token: StateStore, checks };
  return runContract(contract, { ...options, ...more });
}

async function only(check: Partial<Check<StateStore>>, more: object = {}): Promise<CheckResult> {
  const [result] = await results([{ rule: "a rule", run: async () => {}, ...check }], more);
  return result!;
}

describe("a check", () => {
  test("that throws nothing has passed, and one that throws has failed with what it threw", async () => {
    const error = new Error("broken");
    const run = async (): Promise<void> => {
      throw error;
    };
    expect(await only({})).toEqual({ rule: "a rule", outcome: "passed" });
    expect(await only({ run })).toEqual({ rule: "a rule", outcome: "failed", error });
  });

  test("has a fresh kernel and directory, which are gone afterwards, also when it fails", async () => {
    const directories: string[] = [];
    const run = async ({ subject, directory }: Bench<StateStore>): Promise<void> => {
      directories.push(directory);
      if ((await subject.get("bucket", "key")) !== undefined) throw new Error("the state of another check is here");
      await subject.put("bucket", "key", 1);
      if (directories.length === 2) throw new Error("failed");
    };
    const all = await results([1, 2, 3].map((index) => ({ rule: `rule ${index}`, run })));
    expect(all.map(({ outcome }) => outcome)).toEqual(["passed", "failed", "passed"]);
    expect(new Set(directories).size).toBe(3);
    expect(directories.filter(existsSync)).toEqual([]);
  });

  test("that hangs fails in time and is cleaned up after", async () => {
    let cleaned = false;
    const run = async (bench: Bench<StateStore>): Promise<void> => {
      bench.defer(async () => void (cleaned = true));
      await new Promise(() => {});
    };
    const result = await only({ run }, { timeout: 50 });
    expect([result.outcome, String(result.error), cleaned]).toEqual(["failed", expect.stringContaining("50 ms"), true]);
  });

  test("whose cleaning up fails has failed", async () => {
    const run = async (bench: Bench<StateStore>): Promise<void> => {
      bench.defer(() => Promise.reject(new Error("still mounted")));
    };
    expect(await only({ run })).toMatchObject({ outcome: "failed", error: { message: "still mounted" } });
  });

  test("sees a new kernel on the same directory after a restart", async () => {
    const run = async (bench: Bench<StateStore>): Promise<void> => {
      const before = bench.subject;
      await before.put("bucket", "key", 1);
      const after = await bench.restart();
      if (after === before || (await after.get("bucket", "key")) !== 1) throw new Error("not restarted");
    };
    expect(await only({ run })).toMatchObject({ outcome: "passed" });
  });
});

describe("a check is skipped, with the reason,", () => {
  test("for a feature that the subject lacks", async () => {
    expect(await only({ feature: "quota" }, { lacks: ["quota"] })).toMatchObject({
      outcome: "skipped",
      reason: "lacks quota",
    });
    expect(await only({ feature: "quota" })).toMatchObject({ outcome: "passed" });
  });

  test("for what the subject's own features say", async () => {
    const run = async (): Promise<void> => skipUnless(false, "it cannot");
    expect(await only({ run })).toEqual({ rule: "a rule", outcome: "skipped", reason: "it cannot" });
    expect(() => skipUnless(false, "it cannot")).toThrow(SkipError);
  });

  test("when the plugin says that this machine cannot run it", async () => {
    const plugin = definePlugin({
      name: "exotic",
      provides: [StateStore],
      probe: () => unsupported("this kernel has no such thing"),
      register: () => {},
    });
    const result = await only({}, { plugins: () => [plugin()] });
    expect(result).toMatchObject({ outcome: "skipped", reason: "exotic: this kernel has no such thing" });
  });
});

test("plugins that do not provide the subject fail every check", async () => {
  expect(await only({}, { plugins: () => [] })).toMatchObject({
    outcome: "failed",
    error: { message: "none of the plugins under test provides StateStore" },
  });
});

test("lacking a feature that the contract does not have is a mistake", () => {
  const contract: Contract<StateStore> = { name: "StateStore", token: StateStore, checks: [] };
  expect(() => bindContract(contract, "x", { ...options, lacks: ["qouta"] })).toThrow(/no feature qouta/);
});
