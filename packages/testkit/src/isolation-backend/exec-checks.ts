import assert from "node:assert/strict";

import type { CreateOptions, IsolatedContainer, IsolatedProcess, ProcessSpec } from "@gantry/core";

import { skipUnless } from "../contract.ts";
import { expectError } from "../expect-error.ts";
import {
  type IsolationBench,
  type IsolationCheck,
  create,
  feed,
  finish,
  outputOf,
  processSpec,
  start,
  stateOf,
} from "./isolation-bench.ts";

/** A running container in which something may be executed. */
async function host(bench: IsolationBench): Promise<IsolatedContainer> {
  skipUnless(bench.subject.features.exec, "the backend cannot add processes");
  return start(bench, "sleep 60");
}

async function exec(
  bench: IsolationBench,
  container: IsolatedContainer,
  program: string | readonly string[],
  wishes: { id?: string; process?: Partial<ProcessSpec>; options?: Partial<CreateOptions> } = {},
): Promise<IsolatedProcess> {
  const id = wishes.id ?? "e1";
  const options = { ...(await stateOf(bench, `exec-${id}`)), openStdin: false, ...wishes.options };
  return container.exec(id, processSpec(program, wishes.process), options);
}

export const execChecks: readonly IsolationCheck[] = [
  {
    rule: "an added process runs at its start, with output and exit of its own",
    async run(bench) {
      const container = await host(bench);
      const added = await exec(bench, container, "echo out; echo err >&2; exit 4");
      assert.deepEqual([added.id, await added.state()], ["e1", "created"]);
      await added.start();
      const { exit, stdout, stderr } = await finish(added);
      assert.deepEqual([exit.code, stdout, stderr, await added.state()], [4, "out\n", "err\n", "stopped"]);
      assert.deepEqual([await container.state(), await outputOf(container)], ["running", ""]);
    },
  },
  {
    rule: "an added process is in the container: its host name, and among its processes",
    async run(bench) {
      const container = await host(bench);
      const before = (await container.processes()).length;
      const sleeping = await exec(bench, container, ["sleep", "60"]);
      await sleeping.start();
      assert.equal((await container.processes()).length, before + 1);
      assert.ok((await container.processes()).includes(sleeping.pid!));
      if (bench.subject.features.namespaces.includes("uts")) {
        const asking = await exec(bench, container, "hostname", { id: "e2" });
        await asking.start();
        assert.equal((await finish(asking)).stdout, "contract\n");
      }
    },
  },
  {
    rule: "an added process has environment, directory and user of its own",
    async run(bench) {
      const container = await host(bench);
      const wishes = { env: ["PATH=/bin", "A=1"], cwd: "/bin", user: { uid: 33, gid: 44, additionalGids: [] } };
      const added = await exec(bench, container, "echo $A; pwd; id -u; id -g", { process: wishes });
      await added.start();
      assert.equal((await finish(added)).stdout, "1\n/bin\n33\n44\n");
    },
  },
  {
    rule: "a signal ends an added process alone",
    async run(bench) {
      const container = await host(bench);
      const added = await exec(bench, container, ["sleep", "60"]);
      await added.start();
      await added.kill(15);
      const { code, signal } = await added.wait();
      assert.deepEqual([code, signal], [143, 15]);
      assert.equal(await container.state(), "running");
      await expectError("conflict", () => added.kill(15));
    },
  },
  {
    rule: "an added process reads its own stdin",
    async run(bench) {
      const container = await host(bench);
      const added = await exec(bench, container, ["cat"], { options: { openStdin: true } });
      await added.start();
      await feed(added, Buffer.from("to the added one"));
      assert.equal((await finish(added)).stdout, "to the added one");
    },
  },
  {
    rule: "an added program that does not exist is not found at start, and the container goes on",
    async run(bench) {
      const container = await host(bench);
      const error = await expectError("not-found", async () =>
        (await exec(bench, container, ["no-such-program"])).start(),
      );
      assert.equal(error.details["reason"], "executable-not-found");
      assert.equal(await container.state(), "running");
      await expectError("not-found", async () => container.loadExec("e1", await stateOf(bench, "exec-e1")));
    },
  },
  {
    rule: "a process cannot be added to a container that does not run",
    async run(bench) {
      skipUnless(bench.subject.features.exec, "the backend cannot add processes");
      const container = await create(bench, "true");
      await expectError("conflict", () => exec(bench, container, "true"));
      await container.start();
      await container.wait();
      await expectError("conflict", () => exec(bench, container, "true", { id: "e2" }));
    },
  },
  {
    rule: "an id that exists in the container is a conflict, and free again after delete",
    async run(bench) {
      const container = await host(bench);
      const first = await exec(bench, container, ["sleep", "60"]);
      await first.start();
      await expectError("conflict", () => exec(bench, container, "true"));
      await first.delete();
      const second = await exec(bench, container, "exit 6");
      await second.start();
      assert.equal((await second.wait()).code, 6);
    },
  },
  {
    rule: "many processes can be added at a time",
    async run(bench) {
      const container = await host(bench);
      const codes = await Promise.all(
        [1, 2, 3, 4, 5].map(async (code) => {
          const added = await exec(bench, container, `exit ${code}`, { id: `e${code}` });
          await added.start();
          return (await added.wait()).code;
        }),
      );
      assert.deepEqual(codes, [1, 2, 3, 4, 5]);
    },
  },
  {
    rule: "added processes end with the container",
    async run(bench) {
      skipUnless(bench.subject.features.namespaces.includes("pid"), "the backend has no pid namespace");
      const container = await host(bench);
      const added = await exec(bench, container, ["sleep", "60"]);
      await added.start();
      await container.kill(9);
      assert.equal((await container.wait()).code, 137);
      assert.equal((await added.wait()).code, 137);
    },
  },
  {
    rule: "an added process outlives the engine",
    async run(bench) {
      const container = await host(bench);
      const added = await exec(bench, container, "echo before; sleep 0.3; echo after; exit 7");
      await added.start();
      await bench.restart();
      const again = await bench.subject.load("c1", await stateOf(bench, "c1"));
      const loaded = await again.loadExec("e1", await stateOf(bench, "exec-e1"));
      const { exit, stdout } = await finish(loaded);
      assert.deepEqual([exit.code, stdout], [7, "before\nafter\n"]);
      await expectError("not-found", async () => again.loadExec("e2", await stateOf(bench, "exec-e2")));
    },
  },
];
