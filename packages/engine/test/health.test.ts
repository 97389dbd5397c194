import { setTimeout as delay } from "node:timers/promises";

import type { HealthCheck } from "@gantry/oci";
import { collect, streamOf } from "@gantry/testkit";
import { describe, expect, it } from "vitest";

import { mergeHealthCheck, probeCommand } from "../src/health/health-check.ts";
import { afterProbe } from "../src/health/health-monitor.ts";
import type { HealthState, LocalEngine } from "../src/index.ts";
import { now } from "../src/timestamps.ts";
import { EngineFixture, kept } from "./engine-fixture.ts";
import type { ScriptedContainer } from "./scripted-backend.ts";

const millisecond = 1_000_000;
const quick: HealthCheck = { test: ["CMD", "sleep"], interval: 5 * millisecond, retries: 2 };

async function started(engine: LocalEngine, healthcheck: HealthCheck): Promise<string> {
  const { id } = await engine.containers.create({ config: { image: "image", command: ["sleep"], healthcheck } });
  await engine.containers.start(id);
  return id;
}

/** The probe that runs now, or will in a moment. */
async function nextProbe(fixture: EngineFixture, id: string): Promise<ScriptedContainer> {
  const probes = fixture.machine.get(id).execs;
  await expect
    .poll(() => [...probes.values()].some(({ current }) => current === "running"), { interval: 1 })
    .toBe(true);
  return [...probes.values()].find(({ current }) => current === "running")!;
}

async function healthOf(engine: LocalEngine, id: string): Promise<HealthState | undefined> {
  return (await engine.containers.inspect(id)).state.health;
}

describe("a health check", () => {
  it("finds a container healthy, unhealthy and healthy again, and tells so", async () => {
    await using fixture = await EngineFixture.open();
    const engine = await fixture.start();
    const id = await started(engine, quick);
    expect(await healthOf(engine, id)).toEqual({ status: "starting", failingStreak: 0, log: [] });
    const answers = async (code: number, output: string): Promise<void> => {
      const probe = await nextProbe(fixture, id);
      probe.write("stdout", output);
      const before = (await healthOf(engine, id))!.log;
      probe.exit(code);
      await expect.poll(async () => (await healthOf(engine, id))!.log, { interval: 1 }).not.toEqual(before);
    };
    await answers(0, "fine");
    expect(await healthOf(engine, id)).toMatchObject({ status: "healthy", log: [{ exitCode: 0, output: "fine" }] });
    await answers(1, "not so fine");
    expect(await healthOf(engine, id)).toMatchObject({ status: "healthy", failingStreak: 1 });
    await answers(1, "x".repeat(5000));
    const ill = (await healthOf(engine, id))!;
    expect(ill).toMatchObject({ status: "unhealthy", failingStreak: 2 });
    expect(ill.log[2]!.output).toBe(`${"x".repeat(4096)}...`);
    await answers(0, "");
    expect(await healthOf(engine, id)).toMatchObject({ status: "healthy", failingStreak: 0 });
    const filters = { event: ["health_status"] };
    const events = await collect(engine.events.subscribe({ until: now(), filters }));
    expect(events.map(({ action }) => action)).toEqual([
      "health_status: healthy",
      "health_status: unhealthy",
      "health_status: healthy",
    ]);
    await engine.containers.stop(id);
    expect(await healthOf(engine, id)).toMatchObject({ status: "unhealthy" });
    await expect.poll(() => fixture.remains()).toEqual(kept(id));
  });

  it("kills a probe that takes too long, and counts one that cannot run as failed", async () => {
    await using fixture = await EngineFixture.open();
    const engine = await fixture.start();
    const slow = await started(engine, { ...quick, timeout: 10 * millisecond });
    await expect.poll(() => healthOf(engine, slow)).toMatchObject({ status: "unhealthy" });
    expect((await healthOf(engine, slow))!.log[0]).toMatchObject({
      exitCode: -1,
      output: "Health check exceeded timeout (0.01s)",
    });
    const broken = await started(engine, { ...quick, test: ["CMD-SHELL", "nosuch"] });
    await expect
      .poll(() => healthOf(engine, broken))
      .toMatchObject({ status: "unhealthy", failingStreak: expect.any(Number) });
  });

  it("waits while a container is paused", async () => {
    await using fixture = await EngineFixture.open();
    const engine = await fixture.start();
    const id = await started(engine, { ...quick, interval: 20 * millisecond });
    await engine.containers.pause(id);
    await delay(60);
    expect(fixture.machine.get(id).execs.size).toBe(0);
    await engine.containers.unpause(id);
    (await nextProbe(fixture, id)).exit(0);
    await expect.poll(() => healthOf(engine, id)).toMatchObject({ status: "healthy" });
  });

  it("goes on with the next engine, which ends what the last has left", async () => {
    await using fixture = await EngineFixture.open();
    const first = await fixture.start();
    const id = await started(first, quick);
    (await nextProbe(fixture, id)).exit(0);
    await expect.poll(() => healthOf(first, id)).toMatchObject({ status: "healthy" });
    const left = await nextProbe(fixture, id);
    left.delete = async () => {};
    await fixture.kill(first);
    delete (left as Partial<ScriptedContainer>).delete;
    expect(left.current).toBe("running");
    const second = await fixture.start();
    expect(left.current).toBe("stopped");
    expect(await healthOf(second, id)).toMatchObject({ status: "healthy" });
    (await nextProbe(fixture, id)).exit(1);
    await expect.poll(() => healthOf(second, id)).toMatchObject({ status: "healthy", failingStreak: 1 });
  });

  it("comes from the image, and can be turned off", async () => {
    await using fixture = await EngineFixture.open();
    const engine = await fixture.start();
    await engine.images.importLayer(streamOf(Buffer.from("x")), {
      name: "checked",
      config: { command: ["sleep"], healthcheck: quick },
    });
    const { id } = await engine.containers.create({ config: { image: "checked" } });
    await engine.containers.start(id);
    await nextProbe(fixture, id);
    const off = await engine.containers.create({ config: { image: "checked", healthcheck: { test: ["NONE"] } } });
    await engine.containers.start(off.id);
    expect(await healthOf(engine, off.id)).toBeUndefined();
    expect((await engine.containers.list({ filters: { health: ["none"] } })).map((one) => one.id)).toEqual([off.id]);
    expect((await engine.containers.list({ filters: { health: ["starting"] } })).map((one) => one.id)).toEqual([id]);
  });
});

describe("failures", () => {
  const log: HealthState["log"] = [];
  const result = { start: "", end: "", exitCode: 1, output: "" };

  it("do not count while a container starts, until it was well once", () => {
    const starting: HealthState = { status: "starting", failingStreak: 0, log };
    expect(afterProbe(starting, result, 1, true)).toMatchObject({ status: "starting", failingStreak: 0 });
    expect(afterProbe(starting, result, 2, false)).toMatchObject({ status: "starting", failingStreak: 1 });
    expect(afterProbe(starting, result, 1, false)).toMatchObject({ status: "unhealthy", failingStreak: 1 });
    expect(afterProbe({ ...starting, status: "healthy" }, result, 1, true)).toMatchObject({ status: "unhealthy" });
  });

  it("are kept, the last five", () => {
    let health: HealthState = { status: "starting", failingStreak: 0, log };
    for (let exitCode = 1; exitCode <= 7; exitCode += 1) health = afterProbe(health, { ...result, exitCode }, 9, false);
    expect(health.log.map(({ exitCode }) => exitCode)).toEqual([3, 4, 5, 6, 7]);
  });
});

describe("the configuration of a health check", () => {
  const image: HealthCheck = { test: ["CMD", "image"], interval: 5 * millisecond, retries: 4 };

  it("is merged with the image's", () => {
    expect(mergeHealthCheck(undefined, image)).toBe(image);
    expect(mergeHealthCheck({ test: [], interval: 0, retries: 9 }, image)).toEqual({ ...image, retries: 9 });
    expect(mergeHealthCheck({ test: ["CMD", "own"] }, image)).toEqual({ ...image, test: ["CMD", "own"] });
    expect(mergeHealthCheck({ test: [] }, undefined)).toBeUndefined();
  });

  it.each<[HealthCheck, string]>([
    [{ test: ["RUN", "x"] }, "Unknown healthcheck type 'RUN' (expected 'CMD')"],
    [{ test: [], interval: 5 }, "Interval in Healthcheck cannot be less than 1ms"],
    [{ test: [], startPeriod: -1 }, "StartPeriod in Healthcheck cannot be less than 1ms"],
    [{ test: [], retries: -1 }, "Retries in Healthcheck cannot be negative"],
  ])("%j is refused", (check, message) => {
    expect(() => mergeHealthCheck(check, undefined)).toThrow(message);
  });

  it("gives the command", () => {
    expect(probeCommand({ test: ["CMD", "a", "b"] })).toEqual(["a", "b"]);
    expect(probeCommand({ test: ["CMD-SHELL", "a b"] })).toEqual(["/bin/sh", "-c", "a b"]);
    expect(probeCommand({ test: ["CMD-SHELL", "a b"] }, ["bash", "-c"])).toEqual(["bash", "-c", "a b"]);
    expect(probeCommand({ test: ["NONE"] })).toBeUndefined();
    expect(probeCommand({ test: ["CMD"] })).toBeUndefined();
  });
});
