import { setTimeout as delay } from "node:timers/promises";

import { afterEach, describe, expect, it, vi } from "vitest";

import { RestartSchedule } from "../src/containers/restart-schedule.ts";
import type { Containers, LocalEngine, RestartPolicy } from "../src/index.ts";
import { container, EngineFixture, nothing } from "./engine-fixture.ts";

const always: RestartPolicy = { name: "always", maximumRetryCount: 0 };
const unlessStopped: RestartPolicy = { name: "unless-stopped", maximumRetryCount: 0 };
const onFailure = (maximumRetryCount = 0): RestartPolicy => ({ name: "on-failure", maximumRetryCount });

async function run(engine: LocalEngine, restartPolicy: RestartPolicy, ...command: string[]): Promise<string> {
  const { id } = await engine.containers.create({ ...container(...command), hostConfig: { restartPolicy } });
  await engine.containers.start(id);
  return id;
}

/** A container's status and how often it was started again. */
async function seen(containers: Containers, id: string): Promise<string> {
  const { state, restartCount } = await containers.inspect(id);
  return `${state.status} ${restartCount}`;
}

describe("the schedule of restarts", () => {
  afterEach(() => void vi.useRealTimers());

  it("doubles from 100 ms to a minute, and begins anew after a run of 10 s", () => {
    vi.useFakeTimers();
    const schedule = new RestartSchedule();
    const waits = (ran: number): number => {
      const before = Date.now();
      const restart = vi.fn<() => void>();
      schedule.add("c", ran, restart);
      while (restart.mock.calls.length === 0) vi.advanceTimersByTime(50);
      return Date.now() - before;
    };
    expect(Array.from({ length: 12 }, () => waits(0))).toEqual([
      100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 60_000, 60_000,
    ]);
    expect([waits(9999), waits(10_000), waits(0)]).toEqual([60_000, 100, 200]);
    schedule.cancel("c");
    expect(waits(0)).toBe(100);
    const never = vi.fn<() => void>();
    schedule.add("c", 0, never);
    schedule.close();
    schedule.add("d", 0, never);
    vi.advanceTimersByTime(1_000_000);
    expect(never).not.toHaveBeenCalled();
  });
});

describe("a restart policy", () => {
  it("starts a container again, with its records in order", async () => {
    await using fixture = await EngineFixture.open();
    const engine = await fixture.start();
    const id = await run(engine, always, "sleep");
    fixture.machine.get(id).exit(0);
    await expect.poll(() => seen(engine.containers, id)).toBe("restarting 1");
    expect((await engine.containers.inspect(id)).state).toMatchObject({ exitCode: 0, pid: 0 });
    expect((await engine.containers.list()).map((one) => one.id)).toEqual([id]);
    await expect.poll(() => seen(engine.containers, id)).toBe("running 1");
    expect((await engine.containers.inspect(id)).pending).toBeUndefined();
  });

  it.each([
    ["no", { name: "no", maximumRetryCount: 0 } as const, 1, "exited 0"],
    ["on-failure, of success", onFailure(), 0, "exited 0"],
    ["on-failure:2", onFailure(2), 3, "exited 2"],
  ])("%s ends", async (_, policy, code, end) => {
    await using fixture = await EngineFixture.open();
    const engine = await fixture.start();
    const id = await run(engine, policy, "exit", String(code));
    await expect.poll(() => seen(engine.containers, id), { timeout: 3000 }).toBe(end);
    await delay(150);
    expect(await seen(engine.containers, id)).toBe(end);
    expect((await engine.containers.inspect(id)).state.exitCode).toBe(code);
  });

  it.each([
    ["stop", (containers: Containers, id: string) => containers.stop(id)],
    ["kill", (containers: Containers, id: string) => containers.kill(id)],
    ["its stop signal", (containers: Containers, id: string) => containers.kill(id, "TERM")],
  ])("rests after %s, until somebody starts it", async (_, end) => {
    await using fixture = await EngineFixture.open();
    const engine = await fixture.start();
    const { containers } = engine;
    const id = await run(engine, always, "sleep");
    await end(containers, id);
    await containers.wait(id);
    await delay(150);
    expect(await seen(containers, id)).toBe("exited 0");
    await containers.start(id);
    fixture.machine.get(id).exit(1);
    await expect.poll(() => seen(containers, id)).toBe("running 1");
  });

  it("is not stopped by a signal that ends nothing", async () => {
    await using fixture = await EngineFixture.open();
    const engine = await fixture.start();
    const id = await run(engine, always, "sleep");
    await engine.containers.kill(id, "HUP");
    fixture.machine.get(id).exit(1);
    await expect.poll(() => seen(engine.containers, id)).toBe("running 1");
  });

  it("waits no more when the container is stopped, killed, removed or restarted meanwhile", async () => {
    await using fixture = await EngineFixture.open();
    const engine = await fixture.start();
    const { containers } = engine;
    /** One whose next start is 800 ms away. */
    const restarting = async (): Promise<string> => {
      const id = await run(engine, always, "sleep");
      for (let count = 1; count <= 3; count += 1) {
        fixture.machine.get(id).exit(1);
        await expect.poll(() => seen(containers, id)).toBe(`running ${count}`);
      }
      fixture.machine.get(id).exit(1);
      await expect.poll(() => seen(containers, id)).toBe("restarting 4");
      return id;
    };
    const acts = [
      async (id: string): Promise<void> => {
        await containers.stop(id);
        expect(await seen(containers, id)).toBe("exited 4");
      },
      async (id: string): Promise<void> => {
        await containers.kill(id);
        expect(await seen(containers, id)).toBe("exited 4");
      },
      async (id: string): Promise<void> => {
        await expect(containers.pause(id)).rejects.toThrow("is restarting, wait until the container is running");
        await expect(containers.start(id)).rejects.toMatchObject({ code: "not-modified" });
        await containers.restart(id);
        expect(await seen(containers, id)).toBe("running 0");
      },
      async (id: string): Promise<void> => {
        await expect(containers.remove(id)).rejects.toThrow(`You cannot remove a restarting container ${id}`);
        await containers.remove(id, { force: true });
      },
    ];
    const ids = await Promise.all(
      acts.map(async (act) => {
        const id = await restarting();
        await act(id);
        return id;
      }),
    );
    await delay(1000);
    const [stopped, killed, again, removed] = ids as [string, string, string, string];
    expect(await seen(containers, stopped)).toBe("exited 4");
    expect(await seen(containers, killed)).toBe("exited 4");
    expect(await seen(containers, again)).toBe("running 0");
    await expect(containers.inspect(removed)).rejects.toMatchObject({ code: "not-found" });
  });

  it("gives up when the container cannot be started", async () => {
    await using fixture = await EngineFixture.open();
    const engine = await fixture.start();
    const id = await run(engine, always, "sleep");
    const { spec } = fixture.machine.get(id);
    const { isolation } = fixture.components();
    isolation.create = () => Promise.reject(new Error("out of paper"));
    await fixture.kill(engine);
    fixture.machine.get(id).exit(1);
    const { containers } = await fixture.start({ isolation });
    await expect.poll(() => seen(containers, id)).toBe("exited 1");
    expect(spec.process.args).toEqual(["sleep"]);
    expect((await containers.inspect(id)).state).toMatchObject({
      exitCode: 128,
      error: expect.stringContaining("out of paper"),
    });
  });

  it.each<[RestartPolicy, boolean, string]>([
    [{ name: "sometimes" as "no", maximumRetryCount: 0 }, false, "unknown policy 'sometimes'"],
    [onFailure(-1), false, "maximum retry count cannot be negative"],
    [{ ...always, maximumRetryCount: 2 }, false, "maximum retry count can only be used with 'on-failure'"],
    [always, true, "can't create 'AutoRemove' container with restart policy"],
  ])("%j, auto-remove %s is refused", async (restartPolicy, autoRemove, message) => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const asked = { ...container("true"), hostConfig: { restartPolicy, autoRemove } };
    await expect(containers.create(asked)).rejects.toThrow(message);
  });
});

describe("a new engine", () => {
  it("starts what waited for its restart when the engine was killed", async () => {
    await using fixture = await EngineFixture.open();
    const first = await fixture.start();
    const id = await run(first, onFailure(), "sleep");
    fixture.machine.get(id).exit(1);
    await expect.poll(() => seen(first.containers, id), { interval: 1 }).toBe("restarting 1");
    await fixture.kill(first);
    const { containers } = await fixture.start();
    await expect.poll(() => seen(containers, id)).toBe("running 1");
  });

  it("starts what ended while there was no engine, by its policy", async () => {
    await using fixture = await EngineFixture.open();
    const first = await fixture.start();
    const ids = {
      always: await run(first, always, "sleep"),
      unlessStopped: await run(first, unlessStopped, "sleep"),
      failed: await run(first, onFailure(), "sleep"),
      succeeded: await run(first, onFailure(), "sleep"),
      lost: await run(first, always, "sleep"),
    };
    await fixture.kill(first);
    for (const [name, id] of Object.entries(ids)) fixture.machine.get(id).exit(name === "succeeded" ? 0 : 1);
    fixture.machine.containers.delete(ids.lost);
    const { containers } = await fixture.start();
    await expect.poll(() => seen(containers, ids.always)).toBe("running 1");
    await expect.poll(() => seen(containers, ids.unlessStopped)).toBe("running 1");
    await expect.poll(() => seen(containers, ids.failed)).toBe("running 1");
    await expect.poll(() => seen(containers, ids.lost)).toBe("running 1");
    expect(await seen(containers, ids.succeeded)).toBe("exited 0");
  });

  it("leaves alone what was stopped by hand, or never started", async () => {
    await using fixture = await EngineFixture.open();
    const first = await fixture.start();
    const stopped = await run(first, always, "sleep");
    await first.containers.stop(stopped);
    const { id: created } = await first.containers.create({
      ...container("sleep"),
      hostConfig: { restartPolicy: always },
    });
    await fixture.kill(first);
    const { containers } = await fixture.start();
    await delay(150);
    expect(await seen(containers, stopped)).toBe("exited 0");
    expect(await seen(containers, created)).toBe("created 0");
    expect(await fixture.remains()).toMatchObject({ processes: [], groups: [] });
  });

  it("starts what exited with a policy that was set later", async () => {
    await using fixture = await EngineFixture.open();
    const first = await fixture.start();
    const { id } = await first.containers.create(container("true"));
    await first.containers.start(id);
    await first.containers.wait(id);
    await expect.poll(async () => (await first.containers.inspect(id)).pending).toBeUndefined();
    await first.containers.update(id, { restartPolicy: always });
    await fixture.kill(first);
    const { containers } = await fixture.start();
    await expect.poll(async () => (await containers.inspect(id)).restartCount).toBeGreaterThan(0);
    await containers.remove(id, { force: true });
    expect(await fixture.remains()).toEqual(nothing);
  });
});
