import { collect } from "@gantry/testkit";
import { describe, expect, it } from "vitest";

import type { LocalEngine } from "../src/index.ts";
import { now } from "../src/timestamps.ts";
import { container, EngineFixture } from "./engine-fixture.ts";

/** The actions of all that happened to containers, with what was said of them. */
async function told(engine: LocalEngine): Promise<readonly string[]> {
  const events = await collect(engine.events.subscribe({ until: now(), filters: { type: ["container"] } }));
  return events.map(({ action, attributes: { signal, exitCode, oldName } }) =>
    [action, signal, exitCode, oldName].filter((part) => part !== undefined).join(" "),
  );
}

describe("events of containers", () => {
  it("are Docker's for a run that removes itself", async () => {
    await using fixture = await EngineFixture.open();
    const engine = await fixture.start();
    const { containers } = engine;
    const { id } = await containers.create({
      config: { image: "image", command: ["echo", "hi"], labels: { a: "1" } },
      name: "one",
      hostConfig: { autoRemove: true },
    });
    const attachment = await containers.attach(id);
    const removal = containers.wait(id, "removed");
    await containers.start(id);
    await collect(attachment.output);
    await removal;
    expect(await told(engine)).toEqual(["create", "attach", "start", "die 0", "destroy"]);
    const [first] = await collect(engine.events.subscribe({ until: now(), filters: { type: ["container"] } }));
    expect(first).toMatchObject({ type: "container", id, attributes: { a: "1", image: "image", name: "one" } });
  });

  it("are Docker's for stop, kill, pause and restart", async () => {
    await using fixture = await EngineFixture.open();
    const engine = await fixture.start();
    const { containers } = engine;
    const { id } = await containers.create({ ...container("sleep"), name: "one" });
    await containers.start(id);
    await containers.kill(id, "HUP");
    await containers.restart(id);
    await containers.pause(id);
    await containers.unpause(id);
    await containers.stop(id);
    await containers.rename(id, "two");
    await containers.remove(id);
    expect(await told(engine)).toEqual([
      "create",
      "start",
      "kill 1",
      "kill 15",
      "die 143",
      "stop",
      "start",
      "restart",
      "pause",
      "unpause",
      "kill 15",
      "die 143",
      "stop",
      "rename /one",
      "destroy",
    ]);
  });

  it("tell of volumes, each once, and of a terminal's size", async () => {
    await using fixture = await EngineFixture.open();
    const engine = await fixture.start();
    const { containers } = engine;
    const { id } = await containers.create({
      ...container("sleep"),
      hostConfig: { binds: ["data:/data:ro", "/anonymous"], autoRemove: true },
    });
    const { anonymousVolumes } = await containers.inspect(id);
    await containers.start(id);
    await containers.resize(id, { rows: 3, columns: 4 });
    const removal = containers.wait(id, "removed");
    await containers.stop(id);
    await removal;
    const events = await collect(engine.events.subscribe({ until: now() }));
    const wanted = events.filter(({ type, action }) => type === "volume" || action === "resize");
    const name = anonymousVolumes[0]!;
    const driver = "memory";
    const mount = { container: id, driver, propagation: "" };
    expect(wanted.map(({ action, id: subject, attributes }) => [action, subject, attributes])).toEqual([
      ["create", "data", { driver }],
      ["create", name, { driver }],
      ["mount", "data", { ...mount, destination: "/data", "read/write": "false" }],
      ["mount", name, { ...mount, destination: "/anonymous", "read/write": "true" }],
      ["resize", id, expect.objectContaining({ height: "3", width: "4" })],
      ["unmount", "data", { container: id, driver }],
      ["unmount", name, { container: id, driver }],
      ["destroy", name, { driver }],
    ]);
  });

  it("tell of a lack of memory", async () => {
    await using fixture = await EngineFixture.open();
    const { limiter } = fixture.components();
    const create = limiter!.create.bind(limiter!);
    limiter!.create = async (...parameters) => Object.assign(await create(...parameters), { oomKills: async () => 1 });
    const engine = await fixture.start({ limiter: limiter! });
    const { id } = await engine.containers.create(container("exit", "137"));
    await engine.containers.start(id);
    await engine.containers.wait(id);
    expect(await told(engine)).toEqual(["create", "start", "oom", "die 137"]);
    expect((await engine.containers.inspect(id)).state.oomKilled).toBe(true);
  });
});

describe("restart", () => {
  it("stops and starts, also one that removes itself", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const { id } = await containers.create({ ...container("sleep"), hostConfig: { autoRemove: true } });
    await containers.start(id);
    const { pid } = (await containers.inspect(id)).state;
    await containers.restart(id, { timeout: 0 });
    const { state, pending } = await containers.inspect(id);
    expect(state).toMatchObject({ status: "running", pid: expect.any(Number) });
    expect(pending).toBeUndefined();
    expect(state.pid).not.toBe(pid);
    await containers.stop(id);
    await expect.poll(() => containers.list({ all: true })).toEqual([]);
  });

  it("starts what does not run, and thaws what is paused", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const { id } = await containers.create(container("sleep"));
    await containers.restart(id);
    await containers.pause(id);
    await containers.restart(id);
    expect((await containers.inspect(id)).state.status).toBe("running");
    await expect(containers.restart(id, { signal: "NONE" })).rejects.toThrow("Invalid signal: NONE");
    expect((await containers.inspect(id)).state.status).toBe("running");
  });
});

describe("signals to a paused container", () => {
  it("thaw it when they are to end it", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const { id } = await containers.create(container("sleep"));
    await containers.start(id);
    await containers.pause(id);
    await containers.kill(id, "HUP");
    expect((await containers.inspect(id)).state.status).toBe("paused");
    await containers.kill(id, "TERM");
    expect(await containers.wait(id)).toEqual({ exitCode: 143 });
    const deaf = await containers.create(container("stubborn"));
    await containers.start(deaf.id);
    await containers.pause(deaf.id);
    await containers.kill(deaf.id, "TERM");
    expect((await containers.inspect(deaf.id)).state.status).toBe("running");
  });
});

describe("rename", () => {
  it("moves the name", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const { id } = await containers.create({ ...container("true"), name: "one" });
    await containers.create({ ...container("true"), name: "two" });
    await expect(containers.rename("one", "two")).rejects.toThrow('The container name "/two" is already in use');
    await expect(containers.rename("one", "one")).rejects.toThrow("the same name");
    await expect(containers.rename("one", "")).rejects.toThrow("may be empty");
    await expect(containers.rename("one", "-")).rejects.toThrow("Invalid container name");
    await containers.rename("one", "/three");
    expect((await containers.inspect("three")).id).toBe(id);
    await expect(containers.inspect("one")).rejects.toMatchObject({ code: "not-found" });
    await containers.create({ ...container("true"), name: "one" });
  });
});

describe("update", () => {
  it("changes limits and policy, live", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const { id } = await containers.create({ ...container("sleep"), hostConfig: { resources: { pids: 5 } } });
    await containers.start(id);
    const restartPolicy = { name: "on-failure", maximumRetryCount: 3 } as const;
    expect(await containers.update(id, { resources: { memory: 2 ** 24, pids: 0 }, restartPolicy })).toEqual({
      warnings: [],
    });
    const record = await containers.inspect(id);
    expect(record.hostConfig).toMatchObject({ resources: { pids: 5, memory: 2 ** 24 }, restartPolicy });
    expect(record.pending).toBeUndefined();
    const [stats] = await collect(containers.stats(id, { stream: false, oneShot: true }));
    expect(stats!.read.usage?.memory.limit).toBe(2 ** 24);
  });

  it("refuses what cannot be, and changes nothing", async () => {
    await using fixture = await EngineFixture.open();
    const { limiter } = fixture.components();
    const create = limiter!.create.bind(limiter!);
    const update = (): Promise<never> => Promise.reject(new Error("kernel says no"));
    limiter!.create = async (...parameters) => Object.assign(await create(...parameters), { update });
    const { containers } = await fixture.start({ limiter: limiter! });
    const { id } = await containers.create({ ...container("sleep"), hostConfig: { autoRemove: true } });
    await containers.start(id);
    const before = await containers.inspect(id);
    await expect(containers.update(id, { resources: { memory: 5 } })).rejects.toThrow("Minimum memory limit");
    await expect(containers.update(id, { resources: { memory: 2 ** 24 } })).rejects.toThrow("kernel says no");
    const always = { name: "always", maximumRetryCount: 0 } as const;
    await expect(containers.update(id, { restartPolicy: always })).rejects.toThrow(
      "Restart policy cannot be updated because AutoRemove is enabled for the container",
    );
    expect(await containers.inspect(id)).toEqual(before);
  });
});

describe("top", () => {
  it("wants a container that runs", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const { id } = await containers.create(container("sleep"));
    await expect(containers.top(id)).rejects.toThrow(`Container ${id} is not running`);
    await containers.start(id);
    expect((await containers.top(id)).titles).toContain("PID");
  });
});

describe("stats", () => {
  it("are one sample a second, until the container is removed", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const { id } = await containers.create({ ...container("sleep"), name: "one" });
    await containers.start(id);
    const stats = containers.stats(id)[Symbol.asyncIterator]();
    const first = (await stats.next()).value!;
    expect(first).toMatchObject({ id, name: "one", read: { usage: { pids: {} }, onlineCpus: expect.any(Number) } });
    expect(first.previous).toBeUndefined();
    expect(first.read.systemCpu).toBeGreaterThan(0);
    const second = (await stats.next()).value!;
    expect(second.previous).toEqual(first.read);
    await containers.remove(id, { force: true });
    expect((await stats.next()).done).toBe(true);
  });

  it("of one that does not run are empty; alone they have one before", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const { id } = await containers.create(container("sleep"));
    const [one, ...others] = await collect(containers.stats(id, { stream: false }));
    expect(others).toEqual([]);
    expect(one!.read.usage).toBeUndefined();
    expect(Date.parse(one!.read.time) - Date.parse(one!.previous!.time)).toBeGreaterThan(900);
  });
});
