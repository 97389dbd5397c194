import { streamOf } from "@gantry/testkit";
import { describe, expect, it } from "vitest";

import { container, EngineFixture, kept, nothing } from "./engine-fixture.ts";

describe("create", () => {
  it("records a container that does not run", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const { id, warnings } = await containers.create({ ...container("sleep", "1"), name: "web" });
    expect(id).toMatch(/^[a-f0-9]{64}$/);
    expect(warnings).toEqual([]);
    const record = await containers.inspect("web");
    expect(record).toMatchObject({
      id,
      name: "web",
      image: "image",
      path: "sleep",
      args: ["1"],
      state: { status: "created", pid: 0, exitCode: 0, error: "", oomKilled: false },
      config: { hostname: id.slice(0, 12), stopSignal: "SIGTERM" },
      hostConfig: { networkMode: "none", shmSize: 64 * 1024 * 1024, logDriver: { name: "memory" } },
    });
    expect(record.pending).toBeUndefined();
    expect(await fixture.remains()).toEqual(kept(id));
  });

  it("makes up a name and takes the image's command", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const { id } = await containers.create({ config: { image: "image" } });
    expect(await containers.inspect(id)).toMatchObject({
      name: expect.stringMatching(/^[a-z]+_[a-z]+$/),
      path: "true",
      args: [],
    });
  });

  it("refuses what it cannot make, and leaves nothing", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const limits = { ...container("true"), hostConfig: { resources: { memory: 1 } } };
    const binds = { ...container("true"), hostConfig: { binds: ["x"] } };
    const logs = { ...container("true"), hostConfig: { logDriver: { name: "memory", options: { x: "y" } } } };
    const name = "Invalid container name (-x), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed";
    await expect(containers.create({ config: { image: "none" } })).rejects.toMatchObject({
      code: "not-found",
      message: "No such image: none:latest",
    });
    await expect(containers.create({ config: { image: "A" } })).rejects.toMatchObject({ code: "invalid-argument" });
    await expect(containers.create({ ...container("true"), name: "-x" })).rejects.toThrow(name);
    await expect(containers.create(limits)).rejects.toThrow("Minimum memory limit allowed is 6MB");
    await expect(containers.create(binds)).rejects.toThrow("mount path must be absolute");
    await expect(containers.create(logs)).rejects.toThrow("has no option x");
    expect(await fixture.remains()).toEqual(nothing);
  });

  it("gives a name once, also to two at the same time", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const results = await Promise.allSettled(
      [1, 2].map(() => containers.create({ ...container("true"), name: "one" })),
    );
    expect(results.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    const { id } = await containers.inspect("one");
    await expect(containers.create({ ...container("true"), name: "/one" })).rejects.toThrow(
      `Conflict. The container name "/one" is already in use by container "${id}". You have to remove (or rename) that container to be able to reuse that name.`,
    );
    await containers.remove("one");
    await containers.create({ ...container("true"), name: "one" });
  });

  it("warns of limits that this machine does not have", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const { warnings } = await containers.create({ ...container("true"), hostConfig: { resources: { cpuShares: 5 } } });
    expect(warnings).toEqual(["This machine cannot limit cpuShares. Limitation discarded."]);
  });
});

describe("references", () => {
  it("are ids, prefixes and names", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const { id } = await containers.create({ ...container("true"), name: "web" });
    for (const text of [id, id.slice(0, 12), id.slice(0, 2), "web", "/web"]) {
      expect((await containers.inspect(text)).id, text).toBe(id);
    }
    for (const text of ["", "we", "webs", `${id}0`]) {
      await expect(containers.inspect(text), text).rejects.toMatchObject({
        code: "not-found",
        message: `No such container: ${text}`,
      });
    }
    for (let count = 0; count < 16; count += 1) await containers.create(container("true"));
    const digits = (await containers.list({ all: true })).map((one) => one.id[0]!);
    const twice = digits.find((digit, index) => digits.indexOf(digit) !== index)!;
    await expect(containers.inspect(twice)).rejects.toThrow(`Multiple IDs found with provided prefix: ${twice}`);
  });
});

describe("start and exit", () => {
  it("runs to the end and records it", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const { id } = await containers.create(container("exit", "3"));
    const exit = containers.wait(id, "next-exit");
    await containers.start(id);
    expect(await exit).toEqual({ exitCode: 3 });
    expect(await containers.wait(id)).toEqual({ exitCode: 3 });
    expect((await containers.inspect(id)).state).toEqual({
      status: "exited",
      pid: 0,
      exitCode: 3,
      error: "",
      oomKilled: false,
      startedAt: expect.stringMatching(/^20\d\d-.*\.\d{9}Z$/),
      finishedAt: "2027-01-15T08:00:00.000000001Z",
    });
    await containers.start(id);
    await containers.wait(id);
    await expect.poll(() => fixture.remains()).toEqual(kept(id));
  });

  it("records a running one, once", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const { id } = await containers.create({
      ...container("sleep"),
      hostConfig: { resources: { memory: 8 * 1024 * 1024, pids: 5 }, privileged: true },
    });
    await Promise.allSettled([containers.start(id), containers.start(id)]);
    const { state } = await containers.inspect(id);
    expect(state).toMatchObject({ status: "running", pid: fixture.machine.get(id).pid });
    await expect(containers.start(id)).rejects.toMatchObject({ code: "not-modified" });
    expect((await containers.list()).map((one) => one.id)).toEqual([id]);
    expect(fixture.machine.get(id).spec.mounts.map(({ destination }) => destination)).toEqual(
      expect.arrayContaining(["/etc/hostname", "/etc/hosts", "/etc/resolv.conf"]),
    );
    expect(fixture.machine.get(id).options.limits?.id).toBe(id);
  });

  it.each([
    ["nosuch", 127, 'failed to start container process: exec: "nosuch": executable file not found in $PATH'],
    ["/no/such", 127, 'failed to start container process: exec: "/no/such": stat /no/such: no such file or directory'],
    ["locked", 126, 'failed to start container process: exec: "locked": permission denied'],
  ])("says why %s cannot be started", async (program, exitCode, message) => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const { id } = await containers.create(container(program));
    const exit = containers.wait(id, "next-exit");
    await expect(containers.start(id)).rejects.toMatchObject({ message, details: { exitCode } });
    expect(await exit).toEqual({ exitCode, error: message });
    expect((await containers.inspect(id)).state).toMatchObject({ status: "created", exitCode, error: message });
    expect(await fixture.remains()).toEqual(kept(id));
    await expect(containers.start(id)).rejects.toThrow(message);
  });

  it("removes one that was to be removed and cannot be started", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const { id } = await containers.create({
      ...container("nosuch"),
      hostConfig: { autoRemove: true, binds: ["/data"] },
    });
    const removal = containers.wait(id, "removed");
    await expect(containers.start(id)).rejects.toThrow("not found");
    expect(await removal).toMatchObject({ exitCode: 127 });
    expect(await fixture.remains()).toEqual(nothing);
  });

  it("gives a user by name the container's own ids", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const { id } = await containers.create({ config: { image: "image", command: ["true"], user: "app" } });
    await expect(containers.start(id)).rejects.toThrow("no plugin provides FileTree");
    expect((await containers.inspect(id)).state).toMatchObject({ status: "created", exitCode: 128 });
    expect(await fixture.remains()).toEqual(kept(id));
  });
});

describe("signals", () => {
  it("stop asks, then kills", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const soft = await containers.create(container("sleep"));
    await containers.start(soft.id);
    await containers.stop(soft.id);
    expect((await containers.inspect(soft.id)).state.exitCode).toBe(143);
    const hard = await containers.create(container("stubborn"));
    await containers.start(hard.id);
    await containers.stop(hard.id, { timeout: 0.05 });
    expect((await containers.inspect(hard.id)).state.exitCode).toBe(137);
    await expect(containers.stop(hard.id)).rejects.toMatchObject({ code: "not-modified" });
  });

  it.each(["stop", "restart", "remove"] as const)(
    "%s comes to an end at every moment of the container's own",
    async (verb) => {
      await using fixture = await EngineFixture.open();
      const { containers } = await fixture.start();
      for (let turns = 0; turns < 30; turns += 1) {
        const { id } = await containers.create(container("sleep"));
        await containers.start(id);
        fixture.machine.get(id).exit(0);
        for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
        if (verb === "stop") await containers.stop(id).catch(() => {});
        if (verb === "restart") await containers.restart(id);
        await containers.remove(id, { force: true });
      }
      expect(await fixture.remains()).toEqual(nothing);
    },
  );

  it("kill sends what it is told, to what runs", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const { id } = await containers.create(container("sleep"));
    await expect(containers.kill(id)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("is not running"),
    });
    await containers.start(id);
    await containers.kill(id, "HUP");
    await expect(containers.kill(id, "NONE")).rejects.toThrow("Invalid signal: NONE");
    expect((await containers.inspect(id)).state.status).toBe("running");
    await containers.kill(id, "15");
    expect(await containers.wait(id)).toEqual({ exitCode: 143 });
  });

  it("pause and unpause", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const { id } = await containers.create(container("sleep"));
    await expect(containers.pause(id)).rejects.toThrow(`Container ${id} is not running`);
    await containers.start(id);
    await expect(containers.unpause(id)).rejects.toThrow(`Container ${id} is not paused`);
    await containers.pause(id);
    await expect(containers.pause(id)).rejects.toThrow(`Container ${id} is already paused`);
    await expect(containers.start(id)).rejects.toThrow("cannot start a paused container, try unpause instead");
    await expect(containers.remove(id)).rejects.toThrow(
      `You cannot remove a paused container ${id}. Unpause and then stop`,
    );
    expect((await containers.inspect(id)).state.status).toBe("paused");
    await containers.unpause(id);
    await containers.pause(id);
    await containers.stop(id);
    expect((await containers.inspect(id)).state).toMatchObject({ status: "exited", exitCode: 143 });
  });

  it("waiting can be given up", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const { id } = await containers.create(container("sleep"));
    await containers.start(id);
    const controller = new AbortController();
    const waiting = containers.wait(id, "not-running", { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
  });
});

describe("remove", () => {
  it("takes everything with it", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const { id } = await containers.create({ ...container("sleep"), hostConfig: { binds: ["/data", "named:/n"] } });
    await containers.start(id);
    await expect(containers.remove(id)).rejects.toThrow(
      `You cannot remove a running container ${id}. Stop the container before attempting removal or force remove`,
    );
    const removal = containers.wait(id, "removed");
    await containers.remove(id, { force: true, volumes: true });
    expect(await removal).toEqual({ exitCode: 137 });
    await expect(containers.inspect(id)).rejects.toMatchObject({ code: "not-found" });
    expect(await fixture.remains()).toEqual({ ...nothing, volumes: ["named"] });
  });

  it("leaves anonymous volumes unless told otherwise", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const { id } = await containers.create({ ...container("true"), hostConfig: { binds: ["/data"] } });
    const { anonymousVolumes } = await containers.inspect(id);
    await containers.remove(id);
    expect(await fixture.remains()).toEqual({ ...nothing, volumes: anonymousVolumes });
  });

  it("happens by itself when it was asked for", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const { id } = await containers.create({
      ...container("exit", "4"),
      hostConfig: { autoRemove: true, binds: ["/data"] },
    });
    const [exit, removal] = [containers.wait(id, "next-exit"), containers.wait(id, "removed")];
    await containers.start(id);
    expect(await exit).toEqual({ exitCode: 4 });
    expect(await removal).toEqual({ exitCode: 4 });
    expect(await fixture.remains()).toEqual(nothing);
  });

  it("may be called by many at once", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const { id } = await containers.create(container("sleep"));
    await containers.start(id);
    await Promise.all([1, 2, 3].map(() => containers.remove(id, { force: true })));
    expect(await fixture.remains()).toEqual(nothing);
  });

  it("keeps a container that cannot be removed as dead, and tries again", async () => {
    await using fixture = await EngineFixture.open();
    const { storage } = fixture.components();
    let broken = true;
    const remove = storage.remove.bind(storage);
    storage.remove = (key, options) => (broken ? Promise.reject(new Error("disk on fire")) : remove(key, options));
    const { containers } = await fixture.start({ storage });
    const { id } = await containers.create(container("true"));
    await expect(containers.remove(id)).rejects.toThrow("disk on fire");
    expect((await containers.inspect(id)).state).toMatchObject({ status: "dead", error: "disk on fire" });
    await expect(containers.start(id)).rejects.toThrow("container is marked for removal and cannot be started");
    broken = false;
    await containers.remove(id);
    expect(await fixture.remains()).toEqual(nothing);
  });
});

describe("list", () => {
  it("shows what is asked for, the newest first", async () => {
    await using fixture = await EngineFixture.open();
    const { containers, images } = await fixture.start();
    await images.importLayer(streamOf(Buffer.from("other")), {
      name: "other",
      config: { command: ["true"], labels: { a: "1" } },
    });
    await containers.create({ ...container("exit", "2"), name: "first" });
    await containers.create({ ...container("sleep", "now"), name: "second", hostConfig: { binds: ["vol:/v"] } });
    await containers.create({ config: { image: "other", labels: { b: "2" } }, name: "third" });
    await containers.start("first");
    await containers.start("second");
    await containers.wait("first");
    const names = async (options: Parameters<typeof containers.list>[0]) =>
      (await containers.list(options)).map(({ name }) => name);
    expect(await names({})).toEqual(["second"]);
    expect(await names({ all: true })).toEqual(["third", "second", "first"]);
    expect(await names({ limit: 2 })).toEqual(["third", "second"]);
    const filtered = (filters: Record<string, string[]>) => names({ all: true, filters });
    expect(await filtered({ name: ["^sec"] })).toEqual(["second"]);
    expect(await filtered({ status: ["created", "exited"] })).toEqual(["third", "first"]);
    expect(await filtered({ exited: ["2"] })).toEqual(["first"]);
    expect(await filtered({ label: ["a=1", "b"] })).toEqual(["third"]);
    expect(await filtered({ label: ["a=1", "c"] })).toEqual([]);
    expect(await filtered({ ancestor: ["other:latest"] })).toEqual(["third"]);
    expect(await filtered({ volume: ["vol"] })).toEqual(["second"]);
    expect(await filtered({ before: ["second"] })).toEqual(["first"]);
    expect(await filtered({ since: ["second"], id: [(await containers.inspect("third")).id.slice(0, 5)] })).toEqual([
      "third",
    ]);
    await expect(filtered({ colour: ["red"] })).rejects.toThrow("invalid filter 'colour'");
    await expect(filtered({ status: ["red"] })).rejects.toThrow("invalid filter 'status=red'");
    await expect(filtered({ name: ["("] })).rejects.toThrow("invalid filter");
    expect((await containers.list())[0]).toMatchObject({
      command: "sleep now",
      image: "image",
      state: { status: "running" },
    });
  });

  it("counts in info", async () => {
    await using fixture = await EngineFixture.open();
    const engine = await fixture.start();
    await engine.containers.create({ ...container("sleep"), name: "one" });
    await engine.containers.create({ ...container("sleep"), name: "two" });
    await engine.containers.start("one");
    expect(await engine.info()).toMatchObject({
      containers: { total: 2, running: 1, paused: 0, stopped: 1 },
      images: 1,
      storageDriver: "memory",
      isolationBackend: "scripted",
      limiter: { name: "memory", version: 1 },
      warnings: ["WARNING: No swap limit support"],
    });
  });
});
