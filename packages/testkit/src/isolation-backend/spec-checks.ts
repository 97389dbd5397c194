import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";

import type { EngineError, ErrorCode } from "@gantry/core";

import { skipUnless } from "../contract.ts";
import { expectError } from "../expect-error.ts";
import { type IsolationBench, type IsolationCheck, type Wishes, create, run, stateOf } from "./isolation-bench.ts";

/** A create or start that must fail, and must leave nothing. */
async function expectRefused(
  bench: IsolationBench,
  code: ErrorCode,
  program: string | readonly string[],
  wishes: Wishes = {},
): Promise<EngineError> {
  const error = await expectError(code, async () => (await create(bench, program, wishes)).start());
  await expectError("not-found", async () => bench.subject.load("c1", await stateOf(bench, "c1")));
  const { stateDirectory } = await stateOf(bench, "c1");
  assert.deepEqual(await readdir(stateDirectory).catch(() => []), [], "records are left in the state directory");
  if (process.platform === "linux") {
    const mountInfo = await readFile("/proc/self/mountinfo", "utf8");
    assert.ok(!mountInfo.includes(join(bench.directory, "run")), "a mount is left");
  }
  return error;
}

export const specChecks: readonly IsolationCheck[] = [
  {
    rule: "arguments arrive as they are: spaces, quotes, line ends, other alphabets, empty ones",
    async run(bench) {
      const words = ["two words", "'\"$HOME`\\", "line\nend", "naïve ☕", "", "-n", "*"];
      const { stdout } = await run(bench, ["printf", "%s|", ...words]);
      assert.equal(stdout, words.map((word) => `${word}|`).join(""));
    },
  },
  {
    rule: "an argument of 100 KB arrives whole",
    async run(bench) {
      const word = "0123456789".repeat(10_000);
      assert.equal((await run(bench, ["printf", "%s", word])).stdout, word);
    },
  },
  {
    rule: "the environment is the spec's, and nothing of the engine's",
    async run(bench) {
      process.env["GANTRY_CONTRACT_SECRET"] = "leaked";
      const env = ["PATH=/bin", "GREETING=hello world", "EMPTY="];
      const { stdout } = await run(bench, 'echo "$GREETING/$EMPTY/$GANTRY_CONTRACT_SECRET"', { process: { env } });
      delete process.env["GANTRY_CONTRACT_SECRET"];
      assert.equal(stdout, "hello world//\n");
    },
  },
  {
    rule: "the program is looked up in the PATH of the environment",
    async run(bench) {
      const error = await expectRefused(bench, "not-found", ["echo"], { process: { env: ["PATH=/nowhere"] } });
      assert.equal(error.details["reason"], "executable-not-found");
    },
  },
  {
    rule: "the working directory is the spec's, and made when it is missing",
    async run(bench) {
      const { stdout } = await run(bench, "pwd", { process: { cwd: "/made/for it" } });
      assert.equal(stdout, "/made/for it\n");
    },
  },
  {
    rule: "the program runs as the spec's user",
    async run(bench) {
      const user = { uid: 1234, gid: 2345, additionalGids: [] };
      const { stdout } = await run(bench, "id -u; id -g", { process: { user } });
      assert.equal(stdout, "1234\n2345\n");
    },
  },
  {
    rule: "the host name is the spec's",
    async run(bench) {
      skipUnless(bench.subject.features.namespaces.includes("uts"), "the backend has no uts namespace");
      assert.equal((await run(bench, "hostname", { spec: { hostname: "other-name" } })).stdout, "other-name\n");
    },
  },
  {
    rule: "a program that does not exist is not found at start, by its name, and nothing is left",
    async run(bench) {
      const error = await expectRefused(bench, "not-found", ["no-such-program"]);
      assert.equal(error.details["reason"], "executable-not-found");
      assert.match(error.message, /no-such-program/);
    },
  },
  {
    rule: "what may not be executed is forbidden at start, and nothing is left",
    async run(bench) {
      const error = await expectRefused(bench, "forbidden", ["/bin/"]);
      assert.equal(error.details["reason"], "executable-not-permitted");
    },
  },
  {
    rule: "after a failed start the id is free",
    async run(bench) {
      await expectRefused(bench, "not-found", ["no-such-program"]);
      assert.equal((await run(bench, "exit 8")).exit.code, 8);
    },
  },
  {
    rule: "a mount that the kernel refuses is an invalid argument that names the step, and nothing is left",
    async run(bench) {
      const mount = { type: "no-such-fs", source: "none", destination: "/mnt", options: [] };
      const error = await expectRefused(bench, "invalid-argument", "true", { spec: { mounts: [mount] } });
      assert.equal(typeof error.details["step"], "string");
    },
  },
  {
    rule: "a root whose source is missing fails, and nothing is left",
    async run(bench) {
      const source = join(bench.directory, "no such directory");
      const root = { mounts: [{ type: "bind", source, options: ["rbind", "rw"] }], readonly: false };
      await expectRefused(bench, "invalid-argument", "true", { spec: { root } });
    },
  },
  {
    rule: "no arguments at all are refused",
    async run(bench) {
      await expectRefused(bench, "invalid-argument", []);
    },
  },
  {
    rule: "a relative working directory is refused",
    async run(bench) {
      await expectRefused(bench, "invalid-argument", "true", { process: { cwd: "tmp" } });
    },
  },
  {
    rule: "what the features do not list is unsupported",
    async run(bench) {
      const { features } = bench.subject;
      const wishes: Wishes[] = [];
      if (!features.terminal) wishes.push({ process: { terminal: true } });
      const allow = { defaultAction: "SCMP_ACT_ALLOW", architectures: [], syscalls: [] } as const;
      if (!features.seccomp) wishes.push({ spec: { seccomp: allow } });
      if (!features.userNamespaces) wishes.push({ spec: { namespaces: [{ type: "user" }] } });
      if (!features.namespaces.includes("time")) wishes.push({ spec: { namespaces: [{ type: "time" }] } });
      skipUnless(wishes.length > 0, "the features list everything");
      for (const wish of wishes) await expectRefused(bench, "unsupported", "true", wish);
    },
  },
];
