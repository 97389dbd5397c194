import { join } from "node:path";

import { createEngine } from "@gantry/runtime";
import { describe, expect, test } from "vitest";

import { docker, temporaryRoots } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { leftBehind, machineState } from "../harness/machine-state.ts";
import { obstacle, titled } from "../harness/requirements.ts";
import { Worker } from "../harness/worker.ts";

const reason = obstacle();
const script = join(import.meta.dirname, "workers/run-processes.ts");

describe.skipIf(reason !== undefined)(titled("kill -9 of the engine while it looks after processes", reason), () => {
  test("a new engine goes on with restarts, lets execs end, ends what probed, and leaves nothing", async () => {
    using roots = temporaryRoots();
    expect(await docker(roots, ["pull", "-q", "busybox"])).toMatchObject({ status: 0 });
    const before = machineState(roots);
    {
      await using worker = new Worker(script, [roots.dataRoot, roots.execRoot]);
      await eventually(() => worker.lines.includes("ready") || !worker.running, Boolean, 60_000);
      expect(worker.errors).toBe("");
    }
    {
      await using engine = await createEngine({ root: roots.dataRoot, execRoot: roots.execRoot });
      const { containers } = engine;
      const commands = async (): Promise<readonly string[]> =>
        (await containers.top("busy")).processes.map((row) => row.at(-1)!).toSorted();
      try {
        expect(await commands()).toContain("sleep 777");
        await eventually(commands, (list) => list.join() === "sleep 1000,sleep 555,sleep 777", 10_000);
        const { state } = await eventually(
          () => containers.inspect("restless"),
          (record) => record.state.status === "exited",
          10_000,
        );
        expect(state.exitCode).toBe(1);
        expect((await containers.inspect("restless")).restartCount).toBe(3);
      } finally {
        for (const { id } of await containers.list({ all: true })) await containers.remove(id, { force: true });
      }
    }
    expect(await leftBehind(roots, before)).toEqual([]);
  });
});
