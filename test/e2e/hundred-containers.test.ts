import { execFileSync } from "node:child_process";

import { createEngine } from "@gantry/runtime";
import { describe, expect, inject, test } from "vitest";

import { docker } from "../harness/docker.ts";
import { leftBehind, machineState } from "../harness/machine-state.ts";
import { obstacle, titled } from "../harness/requirements.ts";

const reason = obstacle();
const roots = inject("roots");
const count = 100;

/** Bytes on disk, as `du` counts them. */
function diskUsage(): number {
  return Number.parseInt(execFileSync("du", ["-sx", "-B1", roots.dataRoot], { encoding: "utf8" }), 10);
}

async function startAll(): Promise<void> {
  await using engine = await createEngine({ root: roots.dataRoot, execRoot: roots.execRoot });
  const one = async (index: number) => {
    const config = { image: "base", command: ["sh", "-c", `echo ${index} > /mine; exec sleep 1000`] };
    const { id } = await engine.containers.create({
      name: `many-${index}`,
      config,
      hostConfig: { networkMode: "none" },
    });
    await engine.containers.start(id);
  };
  await Promise.all(Array.from({ length: count }, (_, index) => one(index)));
}

describe.skipIf(reason !== undefined)(titled("a hundred containers of base at once", reason), () => {
  test("take less than 1 MB of disk each and leave nothing after rm -f", { timeout: 180_000 }, async () => {
    const before = machineState(roots);
    const used = diskUsage();
    try {
      await startAll();
      expect((await docker(roots, ["ps", "-q"])).stdout.trim().split("\n")).toHaveLength(count);
      expect((diskUsage() - used) / count).toBeLessThan(1_000_000);
    } finally {
      const names = Array.from({ length: count }, (_, index) => `many-${index}`);
      await docker(roots, ["rm", "-f", ...names]);
    }
    expect((await docker(roots, ["ps", "-aq"])).stdout).toBe("");
    expect(await leftBehind(roots, before)).toEqual([]);
    expect(diskUsage() - used).toBeLessThan(1_000_000);
  });
});
