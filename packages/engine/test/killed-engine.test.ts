import { mkdir } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import type { StateStore } from "@gantry/core";
import { MemoryStateStore } from "@gantry/testkit";
import { array, assert, asyncProperty, constantFrom } from "fast-check";
import { describe, expect, it } from "vitest";

import type { ContainerStats, LocalEngine } from "../src/index.ts";
import { container, EngineFixture, kept, nothing, textOf } from "./engine-fixture.ts";

/**
 * Halts an engine at its n-th change of state, as kill -9 would: the call is never answered. `after`: it had its effect.
 */
function halting(store: StateStore, at: number, after: boolean): { store: StateStore; halted: Promise<void> } {
  const halt = Promise.withResolvers<void>();
  let count = 0;
  const change = async (work: () => Promise<unknown>): Promise<never> => {
    count += 1;
    if (count < at) return (await work()) as never;
    if (count === at && after) await work();
    halt.resolve();
    return new Promise<never>(() => {});
  };
  const halted: StateStore = {
    get: (...parameters) => store.get(...parameters),
    list: (...parameters) => store.list(...parameters),
    put: (...parameters) => change(() => store.put(...parameters)),
    delete: (...parameters) => change(() => store.delete(...parameters)),
    transaction: (...parameters) => change(() => store.transaction(...parameters)),
  };
  return { store: halted, halted: halt.promise };
}

type Story = (engine: LocalEngine) => Promise<unknown>;

/** Tells a story until the engine is killed at a change of state, and lets a later engine take over. */
async function killedAt(fixture: EngineFixture, at: number, after: boolean, story: Story) {
  const { store, halted } = halting(new MemoryStateStore({ root: fixture.directory.path }), at, after);
  const engine = await fixture.start({ state: store });
  const told = story(engine).then(() => "told" as const);
  const outcome = await Promise.race([told, halted.then(() => "killed" as const)]);
  // Whatever else was under way comes to its own halt.
  await delay(20);
  fixture.abandon(engine);
  fixture.machine.loseEngine();
  return { outcome, later: await fixture.start() };
}

type Outcome = "removed" | "created" | "exited";

/** By the number of the change: what is found later when it did not come to pass, and when it did. */
function moments(...outcomes: readonly (readonly [Outcome, Outcome])[]) {
  return outcomes.flatMap(([before, after], index) => [
    { at: index + 1, after: false, found: before },
    { at: index + 1, after: true, found: after },
  ]);
}

/** What must hold of the container that a later engine finds. It was told to write `hello`. */
const checks: Readonly<Record<Outcome, (fixture: EngineFixture, later: LocalEngine, id: string) => Promise<void>>> = {
  removed: async (fixture, { containers }) => {
    expect(await containers.list({ all: true })).toEqual([]);
    expect(await fixture.remains()).toEqual(nothing);
    await containers.create({ ...container("true"), name: "one" });
  },
  created: async (fixture, { containers }, id) => {
    expect((await containers.inspect(id)).state).toMatchObject({ status: "created", pid: 0 });
    expect(await fixture.remains()).toEqual({ ...kept(id), volumes: [expect.any(String)] });
    const exit = containers.wait(id, "next-exit");
    await containers.start(id);
    expect(await exit).toEqual({ exitCode: 0 });
    expect(await textOf(containers.logs(id))).toBe("hello\n");
  },
  exited: async (fixture, { containers }, id) => {
    const { state, pending } = await containers.inspect(id);
    expect(state).toEqual({
      status: "exited",
      pid: 0,
      exitCode: 0,
      error: "",
      oomKilled: false,
      startedAt: expect.any(String),
      finishedAt: expect.any(String),
    });
    expect(pending).toBeUndefined();
    expect(await textOf(containers.logs(id))).toBe("hello\n");
    expect(await fixture.remains()).toEqual({ ...kept(id), volumes: [expect.any(String)] });
    await containers.remove(id, { volumes: true });
    expect(await fixture.remains()).toEqual(nothing);
  },
};

describe("an engine that is killed at its n-th change of state", () => {
  it.each(
    moments(
      ["removed", "removed"],
      ["removed", "created"],
      ["created", "created"],
      ["exited", "exited"],
      ["exited", "exited"],
      ["exited", "exited"],
      ["exited", "removed"],
      ["removed", "removed"],
    ),
  )("during create, start, exit, remove: $at, done $after: $found", async ({ at, after, found }) => {
    await using fixture = await EngineFixture.open();
    const { outcome, later } = await killedAt(fixture, at, after, async ({ containers }) => {
      const { id } = await containers.create({
        ...container("echo", "hello"),
        name: "one",
        hostConfig: { binds: ["/data"] },
      });
      await containers.start(id);
      await containers.wait(id);
      for (let tries = 0; tries < 50 && (await containers.inspect(id)).pending; tries += 1) await delay(1);
      await containers.remove(id, { volumes: true });
    });
    expect(outcome).toBe("killed");
    const [summary] = await later.containers.list({ all: true });
    await checks[found](fixture, later, summary?.id ?? "");
  });

  it.each(
    moments(
      ["removed", "removed"],
      ["removed", "created"],
      ["created", "created"],
      ["removed", "removed"],
      ["removed", "removed"],
      ["removed", "removed"],
    ),
  )("during a run that removes itself: $at, done $after: $found", async ({ at, after, found }) => {
    await using fixture = await EngineFixture.open();
    const { outcome, later } = await killedAt(fixture, at, after, async ({ containers }) => {
      const { id } = await containers.create({
        ...container("echo", "hello"),
        hostConfig: { autoRemove: true, binds: ["/data"] },
      });
      const removal = containers.wait(id, "removed");
      await containers.start(id);
      await removal;
    });
    expect(outcome).toBe("killed");
    const states = (await later.containers.list({ all: true })).map(({ state }) => state.status);
    expect(states).toEqual(found === "removed" ? [] : [found]);
    for (const { id } of await later.containers.list({ all: true }))
      await later.containers.remove(id, { volumes: true });
    expect(await fixture.remains()).toEqual(nothing);
  });

  it.each(moments(["removed", "removed"], ["removed", "created"], ["created", "created"], ["created", "created"]))(
    "during a start that fails: $at, done $after: $found",
    async ({ at, after, found }) => {
      await using fixture = await EngineFixture.open();
      const { outcome, later } = await killedAt(fixture, at, after, async ({ containers }) => {
        const { id } = await containers.create(container("nosuch"));
        await containers.start(id);
      });
      expect(outcome).toBe("killed");
      const summaries = await later.containers.list({ all: true });
      expect(summaries.map(({ state }) => [state.status, state.pid])).toEqual(found === "removed" ? [] : [[found, 0]]);
      expect(await fixture.remains()).toEqual(kept(...summaries.map(({ id }) => id)));
    },
  );
});

describe("an engine that is killed while a container is started again", () => {
  const settled = async ({ containers }: LocalEngine): Promise<readonly unknown[]> =>
    (await containers.list({ all: true })).map(({ state }) => state.status);

  it.each(
    [5, 6, 7, 8].flatMap((at) => [
      { at, after: false },
      { at, after: true },
    ]),
  )("by its policy: $at, done $after: it runs", async ({ at, after }) => {
    await using fixture = await EngineFixture.open();
    const { outcome, later } = await killedAt(fixture, at, after, async ({ containers }) => {
      const restartPolicy = { name: "always", maximumRetryCount: 0 } as const;
      const { id } = await containers.create({ ...container("sleep"), hostConfig: { restartPolicy } });
      await containers.start(id);
      fixture.machine.get(id).exit(1);
      await expect.poll(async () => (await containers.inspect(id)).state.status).toBe("restarting");
      await expect.poll(async () => (await containers.inspect(id)).state.status).toBe("running");
    });
    expect(outcome).toBe("killed");
    await expect.poll(() => settled(later)).toEqual(["running"]);
    const [summary] = await later.containers.list();
    await later.containers.remove(summary!.id, { force: true });
    expect(await fixture.remains()).toEqual(nothing);
  });

  it.each(
    [5, 6, 7, 8, 9].flatMap((at) => [
      { at, after: false, autoRemove: false },
      { at, after: true, autoRemove: true },
    ]),
  )("by hand: $at, done $after: it runs", async ({ at, after, autoRemove }) => {
    await using fixture = await EngineFixture.open();
    const { outcome, later } = await killedAt(fixture, at, after, async ({ containers }) => {
      const { id } = await containers.create({ ...container("sleep"), hostConfig: { autoRemove } });
      await containers.start(id);
      await containers.restart(id);
    });
    expect(outcome).toBe("killed");
    await expect.poll(() => settled(later)).toEqual(["running"]);
    const [summary] = await later.containers.list();
    expect((await later.containers.inspect(summary!.id)).pending).toBeUndefined();
    await later.containers.remove(summary!.id, { force: true });
    expect(await fixture.remains()).toEqual(nothing);
  });

  it.each([
    { at: 5, after: false, memory: undefined },
    { at: 5, after: true, memory: 2 ** 24 },
    { at: 6, after: false, memory: 2 ** 24 },
    { at: 6, after: true, memory: 2 ** 24 },
  ])("or while its limits change: $at, done $after: record and group agree", async ({ at, after, memory }) => {
    await using fixture = await EngineFixture.open();
    const { outcome, later } = await killedAt(fixture, at, after, async ({ containers }) => {
      const { id } = await containers.create(container("sleep"));
      await containers.start(id);
      await containers.update(id, { resources: { memory: 2 ** 24 } });
    });
    expect(outcome).toBe("killed");
    const [summary] = await later.containers.list();
    const record = await later.containers.inspect(summary!.id);
    const stats = later.containers.stats(summary!.id, { stream: false, oneShot: true })[Symbol.asyncIterator]();
    const limit = ((await stats.next()).value as ContainerStats).read.usage?.memory.limit;
    expect({ limit, memory: record.hostConfig.resources.memory, pending: record.pending }).toEqual({
      limit: memory,
      memory,
      pending: undefined,
    });
    await later.containers.remove(summary!.id, { force: true });
  });
});

describe("an engine that follows another", () => {
  it("takes up what runs, with its log, its streams and its end", async () => {
    await using fixture = await EngineFixture.open();
    const first = await fixture.start();
    const { id } = await first.containers.create(container("sleep"));
    await first.containers.start(id);
    fixture.machine.get(id).write("stdout", "one ");
    expect(await textOf(first.containers.logs(id))).toBe("one ");
    await fixture.kill(first);
    fixture.machine.get(id).write("stdout", "two ");
    const second = await fixture.start();
    expect((await second.containers.inspect(id)).state).toMatchObject({
      status: "running",
      pid: fixture.machine.get(id).pid,
    });
    const attachment = await second.containers.attach(id);
    fixture.machine.get(id).write("stdout", "three");
    await second.containers.stop(id);
    expect(await textOf(attachment.output)).toBe("three");
    expect(await textOf(second.containers.logs(id))).toBe("one two three");
    expect((await second.containers.inspect(id)).state).toMatchObject({ status: "exited", exitCode: 143 });
    await expect.poll(() => fixture.remains()).toEqual(kept(id));
  });

  it("learns how those ended that ended meanwhile", async () => {
    await using fixture = await EngineFixture.open();
    const first = await fixture.start();
    const ids = await Promise.all(
      [1, 2, 3, 4].map(async (code) => {
        const { id } = await first.containers.create({ ...container("sleep"), hostConfig: { autoRemove: code === 4 } });
        await first.containers.start(id);
        return id;
      }),
    );
    await first.containers.pause(ids[2]!);
    await fixture.kill(first);
    for (const [index, id] of ids.entries()) {
      fixture.machine.get(id).write("stderr", `last words of ${index}`);
      if (index !== 2) fixture.machine.get(id).exit(index + 1);
    }
    const { containers } = await fixture.start();
    expect((await containers.list({ all: true })).map(({ state }) => [state.status, state.exitCode])).toEqual([
      ["paused", 0],
      ["exited", 2],
      ["exited", 1],
    ]);
    expect(await textOf(containers.logs(ids[0]!))).toBe("last words of 0");
    expect((await containers.inspect(ids[1]!)).state.finishedAt).toBe("2027-01-15T08:00:00.000000001Z");
    await containers.unpause(ids[2]!);
    await containers.remove(ids[2]!, { force: true });
  });

  it("records those whose end nobody saw with 255", async () => {
    await using fixture = await EngineFixture.open();
    const first = await fixture.start();
    const { id } = await first.containers.create(container("sleep"));
    const gone = await first.containers.create({ ...container("sleep"), hostConfig: { autoRemove: true } });
    await first.containers.start(id);
    await first.containers.start(gone.id);
    await fixture.kill(first);
    fixture.machine.containers.clear();
    const { containers } = await fixture.start();
    expect((await containers.inspect(id)).state).toMatchObject({ status: "exited", exitCode: 255, pid: 0 });
    await expect(containers.inspect(gone.id)).rejects.toMatchObject({ code: "not-found" });
    expect(await fixture.remains()).toEqual(kept(id));
  });

  it("starts although one container cannot be brought up to date", async () => {
    await using fixture = await EngineFixture.open();
    const first = await fixture.start();
    const { id } = await first.containers.create(container("sleep"));
    await first.containers.start(id);
    await fixture.kill(first);
    const { isolation } = fixture.components();
    isolation.load = () => Promise.reject(new Error("cannot look"));
    const { containers } = await fixture.start({ isolation });
    expect(await containers.list()).toHaveLength(1);
    expect(fixture.logger.lines).toContainEqual(
      expect.objectContaining({ level: "error", fields: { container: id, reason: "cannot look" } }),
    );
  });

  it("clears away what belongs to no record, but nothing that may be another engine's", async () => {
    await using fixture = await EngineFixture.open();
    const { storage, limiter, paths } = fixture.components();
    const id = "d".repeat(64);
    await storage.prepare(id, undefined);
    await storage.prepare("somebody else's", undefined);
    await limiter!.create(id, {});
    await mkdir(path.join(paths.dataRoot, "containers", id, "monitor"), { recursive: true });
    await fixture.start();
    expect(await fixture.remains()).toEqual({ ...nothing, snapshots: ["somebody else's"], groups: [id] });
  });
});

describe("any sequence of verbs", () => {
  const verb = constantFrom(
    "start",
    "stop",
    "kill",
    "pause",
    "unpause",
    "remove",
    "remove -f",
    "exit",
    "restart the engine",
  );

  it("leaves a container in a state that its verbs allow", async () => {
    await assert(
      asyncProperty(array(verb, { maxLength: 12 }), async (verbs) => {
        await using fixture = await EngineFixture.open();
        let engine = await fixture.start();
        const { id } = await engine.containers.create(container("sleep"));
        let status = "created";
        const restart = async (): Promise<void> => {
          await fixture.kill(engine);
          engine = await fixture.start();
        };
        for (const name of verbs) {
          const expected = name === "restart the engine" ? status : next(status, name);
          const perform = name === "restart the engine" ? restart : () => performVerb(fixture, engine, id, name);
          const allowed = await perform().then(
            () => true,
            () => false,
          );
          expect({ status, name, allowed }).toEqual({ status, name, allowed: expected !== undefined });
          status = expected ?? status;
          const [found] = await engine.containers.list({ all: true });
          expect(found?.state.status ?? "removed").toBe(status);
          expect(fixture.machine.containers.has(id) || !["running", "paused"].includes(status)).toBe(true);
        }
        await engine.containers.remove(id, { force: true }).catch(() => {});
        expect(await fixture.remains()).toEqual(nothing);
      }),
      { numRuns: 30 },
    );
  });
});

/** The state after a verb, or `undefined` where it is refused. */
function next(status: string, verb: string): string | undefined {
  if (status === "removed") return undefined;
  const runs = status === "running" || status === "paused";
  switch (verb) {
    case "start":
      return runs ? undefined : "running";
    case "pause":
      return status === "running" ? "paused" : undefined;
    case "unpause":
      return status === "paused" ? "running" : undefined;
    case "remove":
      return runs ? undefined : "removed";
    case "remove -f":
      return "removed";
    default:
      return runs ? "exited" : undefined;
  }
}

async function performVerb(
  fixture: EngineFixture,
  { containers }: LocalEngine,
  id: string,
  verb: string,
): Promise<unknown> {
  switch (verb) {
    case "start":
      return containers.start(id);
    case "stop":
      return containers.stop(id);
    case "pause":
      return containers.pause(id);
    case "unpause":
      return containers.unpause(id);
    case "remove":
      return containers.remove(id);
    case "remove -f":
      return containers.remove(id, { force: true });
    default: {
      const { state } = await containers.inspect(id);
      if (state.pid === 0) throw new Error("it does not run");
      const exit = containers.wait(id, "next-exit");
      if (verb === "kill") await containers.kill(id);
      else fixture.machine.get(id).exit(1);
      return exit;
    }
  }
}
