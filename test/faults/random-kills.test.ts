import { globSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { createEngine } from "@gantry/runtime";
import { describe, expect, test } from "vitest";

import { docker, temporaryRoots } from "../harness/docker.ts";
import type { Roots } from "../harness/docker.ts";
import { leftBehind, machineState } from "../harness/machine-state.ts";
import { obstacle, titled } from "../harness/requirements.ts";
import { Worker } from "../harness/worker.ts";
import type { JournalEntry } from "./workers/live-dangerously.ts";

const reason = obstacle();
const script = join(import.meta.dirname, "workers/live-dangerously.ts");
/** Milliseconds of killing. */
const duration = 60_000;

/** What the journal of one life promises of the next. */
class Expectations {
  /** Answered as created and not asked to be removed since. */
  readonly alive = new Set<string>();
  /** Answered as removed. */
  readonly gone = new Set<string>();
  /** Asked, and killed before the answer: may be or not be. */
  readonly open = new Set<string>();
  readonly refusals: string[] = [];

  read(lines: readonly string[]): void {
    for (const line of lines) this.#enter(JSON.parse(line) as JournalEntry);
  }

  #enter({ event, verb, name, error }: JournalEntry): void {
    if (event === "refused") this.refusals.push(`${verb} ${name}: ${error ?? ""}`);
    if (event === "asked" && (verb === "create" || verb === "remove")) this.#move(name, this.open);
    if (event === "answered" && verb === "create") this.#move(name, this.alive);
    if (event === "answered" && verb === "remove") this.#move(name, this.gone);
  }

  #move(name: string, to: Set<string>): void {
    for (const set of [this.alive, this.gone, this.open]) set.delete(name);
    to.add(name);
  }
}

/** All paths below the data root but the state store's own files and logs of the engine. */
function filesOf({ dataRoot, execRoot }: Roots): string[] {
  const all = [dataRoot, execRoot].flatMap((root) => globSync("**", { cwd: root }).map((path) => join(root, path)));
  return all.filter((path) => !/\.(sqlite|db)(-wal|-shm)?$/.test(path)).toSorted();
}

async function expectTruth(roots: Roots, expected: Expectations): Promise<void> {
  await using engine = await createEngine({ root: roots.dataRoot, execRoot: roots.execRoot });
  const listed = await engine.containers.list({ all: true });
  const names = new Set(listed.map(({ name }) => name));
  expect(
    [...expected.alive].filter((name) => !names.has(name)),
    "lost",
  ).toEqual([]);
  expect(
    [...expected.gone].filter((name) => names.has(name)),
    "resurrected",
  ).toEqual([]);
  for (const { name, state } of listed) expect(["created", "running", "exited"], name).toContain(state.status);
  for (const { name, state } of listed.filter((one) => one.state.status === "running")) {
    expect(() => process.kill(state.pid, 0), name).not.toThrow();
  }
  for (const name of names) expected.alive.add(name);
  expected.open.clear();
}

async function removeAll({ dataRoot, execRoot }: Roots): Promise<void> {
  await using engine = await createEngine({ root: dataRoot, execRoot });
  for (const { id } of await engine.containers.list({ all: true })) await engine.containers.remove(id, { force: true });
}

describe.skipIf(reason !== undefined)(titled("kill -9 of the engine at random instants", reason), () => {
  test("loses no container, resurrects none, and leaks nothing", { timeout: duration + 120_000 }, async () => {
    using roots = temporaryRoots();
    expect(await docker(roots, ["pull", "-q", "busybox"])).toMatchObject({ status: 0 });
    const before = machineState(roots);
    await docker(roots, ["run", "--rm", "busybox", "true"]);
    const filesBefore = filesOf(roots);
    const expected = new Expectations();
    const end = Date.now() + duration;
    let kills = 0;
    while (Date.now() < end) {
      await using worker = new Worker(script, [roots.dataRoot, roots.execRoot, `life-${(kills += 1)}`]);
      await sleep(300 + Math.random() * 1500);
      await worker.kill();
      expect(worker.errors).toBe("");
      expected.read(worker.lines);
      await expectTruth(roots, expected);
    }
    expect(expected.refusals).toEqual([]);
    expect(expected.alive.size + expected.gone.size).toBeGreaterThan(10);
    await removeAll(roots);
    expect(await leftBehind(roots, before)).toEqual([]);
    expect(filesOf(roots)).toEqual(filesBefore);
  });
});
