import { MemoryTransport } from "@gantry/testkit";
import { describe, expect, it } from "vitest";

import { RemoteEngine } from "../src/index.ts";
import { all, chunks, done, json, lines, scriptedServer } from "./scripted-server.ts";

describe("the connection", () => {
  it.each([
    [41, "1.41"],
    [50, "1.50"],
    [99, "1.50"],
  ])("speaks the newest version that both know: the server has 1.%i", async (version, spoken) => {
    await using server = await scriptedServer({ "GET /info": json({ ServerVersion: "x" }) }, { version });
    expect(server.engine.apiVersion).toBe(spoken);
    await server.engine.info();
    expect(server.requests[0]!.version).toBe(spoken);
  });

  it.each([
    [{ status: 200, headers: { "api-version": "1.12" } }, "unsupported"],
    [{ status: 200, headers: { "api-version": "" } }, "unsupported"],
    [{ status: 500, headers: {} }, "unavailable"],
  ])("is refused when a ping gives %j", async (ping, code) => {
    await expect(scriptedServer({}, { ping })).rejects.toMatchObject({ code });
  });

  it("cannot be made where nobody listens", async () => {
    const dialled = new MemoryTransport().dial("memory:nobody");
    await expect(dialled.then((connection) => RemoteEngine.connect(connection))).rejects.toMatchObject({
      code: "unavailable",
    });
  });

  it("ends with the engine", async () => {
    const server = await scriptedServer({ "GET /info": json({}) });
    await server.engine.close();
    await expect(server.engine.info()).rejects.toThrow("connection was closed");
    await server[Symbol.asyncDispose]();
  });

  it("shows documents as the server tells them", async () => {
    await using server = await scriptedServer({ "GET /containers/x/json": json({ Id: "1", Other: [null] }) });
    expect(await server.engine.document("/containers/x/json", { size: true })).toEqual({ Id: "1", Other: [null] });
    expect(server.requests[0]!.query).toEqual({ size: "1" });
  });
});

describe("errors", () => {
  it.each([
    [json({ message: "No such container: x" }, 404), "not-found", "No such container: x"],
    [{ status: 502, headers: {}, body: chunks("<html>Bad Gateway</html>") }, "internal", "<html>Bad Gateway</html>"],
    [{ status: 304, headers: {} }, "not-modified", "the engine answered with status 304"],
    [json("nonsense", 400), "invalid-argument", '"nonsense"'],
  ])("carry the server's words: %j", async (answer, code, message) => {
    await using server = await scriptedServer({ "POST /containers/x/start": answer });
    await expect(server.engine.containers.start("x")).rejects.toMatchObject({ code, message });
  });

  it("name an answer that is not JSON", async () => {
    const body = chunks("<html>");
    await using server = await scriptedServer({ "GET /info": { status: 200, headers: {}, body } });
    await expect(server.engine.info()).rejects.toThrow("not JSON");
  });
});

describe("the system", () => {
  it("is told as the engine tells it", async () => {
    const info = { ServerVersion: "1.2", Containers: 3, ContainersRunning: 1, Driver: "overlay2", CgroupVersion: "1" };
    await using server = await scriptedServer({
      "GET /info": json({ ...info, CgroupDriver: "cgroupfs", DockerRootDir: "/data", Warnings: null }),
    });
    expect(await server.engine.info()).toMatchObject({
      version: "1.2",
      containers: { total: 3, running: 1, paused: 0, stopped: 0 },
      storageDriver: "overlay2",
      limiter: { name: "cgroupfs", version: 1 },
      dataRoot: "/data",
      warnings: [],
    });
  });

  it("counts its disk", async () => {
    await using server = await scriptedServer({
      "GET /system/df": json({
        LayersSize: 9,
        Images: [{ Id: "i", RepoTags: ["a:1"], Created: 1, Size: 5, SharedSize: -1, Containers: 2 }],
        Containers: [{ Id: "c", SizeRw: 1, SizeRootFs: 2 }],
        Volumes: [{ Name: "v", UsageData: { Size: 3, RefCount: 1 } }, { Name: "w" }],
      }),
    });
    expect(await server.engine.diskUsage()).toMatchObject({
      layerBytes: 9,
      images: [{ id: "i", tags: ["a:1"], createdAt: "1970-01-01T00:00:01.000Z", sharedBytes: 0, containers: 2 }],
      containers: [{ id: "c", writableBytes: 1, rootBytes: 2 }],
      volumes: [
        { name: "v", bytes: 3, users: 1 },
        { name: "w", bytes: 0, users: 0 },
      ],
    });
  });

  it("tells its events, with times to the nanosecond", async () => {
    const event = { Type: "container", Action: "die", Actor: { ID: "c", Attributes: { exitCode: "3" } }, time: 1 };
    const text = JSON.stringify(event).replace(/\}$/, ',"timeNano":1714564800123456789}\n');
    const body = chunks(text, JSON.stringify({ ...event, Actor: {}, time: 2 }));
    await using server = await scriptedServer({ "GET /events": { status: 200, headers: {}, body } });
    const query = { since: 1_500_000_000n, until: 2_000_000_000n, filters: { type: ["container"] } };
    expect(await all(server.engine.events.subscribe(query))).toEqual([
      { type: "container", action: "die", id: "c", attributes: { exitCode: "3" }, time: 1_714_564_800_123_456_789n },
      { type: "container", action: "die", id: "", attributes: {}, time: 2_000_000_000n },
    ]);
    expect(server.requests[0]!.query).toEqual({
      since: "1.500000000",
      until: "2.000000000",
      filters: '{"type":{"container":true}}',
    });
  });

  it("asks for events at the call, before what is done next", async () => {
    await using server = await scriptedServer({ "GET /events": lines(), "POST /containers/x/start": done });
    const events = server.engine.events.subscribe();
    await server.engine.containers.start("x");
    expect(server.requests.map(({ line }) => line)).toEqual(["GET /events", "POST /containers/x/start"]);
    expect(await all(events)).toEqual([]);
  });
});

describe("volumes", () => {
  const answer = { Name: "v", CreatedAt: "2024-05-01T00:00:00Z", Mountpoint: "/m", Labels: null, Options: { o: "x" } };
  const expected = {
    name: "v",
    createdAt: new Date("2024-05-01T00:00:00Z"),
    mountpoint: "/m",
    labels: {},
    driverOptions: { o: "x" },
    empty: false,
  };

  it("are made, found, listed and removed", async () => {
    await using server = await scriptedServer({
      "POST /volumes/create": json(answer, 201),
      "GET /volumes/v": json(answer),
      "GET /volumes": json({ Volumes: [answer], Warnings: null }),
      "DELETE /volumes/v": done,
      "POST /volumes/prune": json({ VolumesDeleted: ["v"], SpaceReclaimed: 7 }),
    });
    const { volumes } = server.engine;
    expect(await volumes.create({ name: "v", labels: { a: "b" }, driverOptions: { o: "x" } })).toEqual(expected);
    expect(JSON.parse(server.bodies[0]!)).toEqual({ Name: "v", Labels: { a: "b" }, DriverOpts: { o: "x" } });
    expect(await volumes.inspect("v")).toEqual(expected);
    expect(await volumes.list({ dangling: ["true"] })).toEqual([expected]);
    await volumes.remove("v", { force: true });
    expect(await volumes.prune({ all: ["true"] })).toEqual({ deleted: ["v"], reclaimedBytes: 7 });
    expect(server.requests.map(({ query }) => query)).toEqual([
      {},
      {},
      { filters: '{"dangling":{"true":true}}' },
      { force: "1" },
      { filters: '{"all":{"true":true}}' },
    ]);
  });

  it("may be none", async () => {
    await using server = await scriptedServer({ "GET /volumes": json({ Volumes: null }) });
    expect(await server.engine.volumes.list()).toEqual([]);
  });
});
