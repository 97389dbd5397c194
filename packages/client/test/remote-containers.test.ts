import { describe, expect, it } from "vitest";

import { all, chunks, done, json, lines, scriptedServer, textOf } from "./scripted-server.ts";

const time = "2024-05-01T12:00:00.000000001Z";

describe("containers", () => {
  it("are created with what was asked for and nothing else", async () => {
    await using server = await scriptedServer({
      "POST /containers/create": json({ Id: "c1", Warnings: null }, 201),
    });
    const created = await server.engine.containers.create({
      name: "web",
      config: { image: "base", command: ["sh", ""], entrypoint: [], env: ["A=b"], terminal: true, openStdin: false },
      hostConfig: {
        resources: { memory: 1024, nanoCpus: 5e8, pids: -1 },
        binds: ["/a:/b:ro"],
        restartPolicy: { name: "on-failure", maximumRetryCount: 3 },
        ulimits: [{ name: "nofile", soft: 1, hard: 2 }],
        logDriver: { name: "json-file", options: { "max-size": "1m" } },
        consoleSize: { rows: 24, columns: 80 },
      },
    });
    expect(created).toEqual({ id: "c1", warnings: [] });
    expect(server.requests[0]!.query).toEqual({ name: "web" });
    expect(JSON.parse(server.bodies[0]!)).toEqual({
      Image: "base",
      Cmd: ["sh", ""],
      Entrypoint: [""],
      Env: ["A=b"],
      Tty: true,
      OpenStdin: false,
      HostConfig: {
        Memory: 1024,
        NanoCpus: 5e8,
        PidsLimit: -1,
        Binds: ["/a:/b:ro"],
        RestartPolicy: { Name: "on-failure", MaximumRetryCount: 3 },
        Ulimits: [{ Name: "nofile", Soft: 1, Hard: 2 }],
        LogConfig: { Type: "json-file", Config: { "max-size": "1m" } },
        ConsoleSize: [24, 80],
      },
    });
  });

  it("are not created with limits that cannot be sent", async () => {
    await using server = await scriptedServer({});
    const resources = { blkioReadBps: [{ major: 8, minor: 0, rate: 1 }] };
    const created = server.engine.containers.create({ config: { image: "a" }, hostConfig: { resources } });
    await expect(created).rejects.toMatchObject({ code: "unsupported", details: { field: "blkioReadBps" } });
    expect(server.requests).toEqual([]);
  });

  it("are listed", async () => {
    await using server = await scriptedServer({
      "GET /containers/json": json([
        {
          Id: "c1",
          Names: ["/web"],
          Image: "base",
          Command: "sh",
          Created: 1,
          State: "exited",
          Status: "Exited (3) 1 s ago",
        },
        { Id: "c2", Names: null, Labels: null },
      ]),
    });
    const list = await server.engine.containers.list({ all: true, limit: 2, filters: { status: ["exited"] } });
    expect(list).toMatchObject([
      { id: "c1", name: "web", createdAt: "1970-01-01T00:00:01.000Z", state: { status: "exited", exitCode: 3 } },
      { id: "c2", name: "", labels: {} },
    ]);
    expect(server.requests[0]!.query).toEqual({ all: "1", limit: "2", filters: '{"status":{"exited":true}}' });
  });

  it("are inspected, whatever is missing", async () => {
    await using server = await scriptedServer({
      "GET /containers/full/json": json({
        Id: "c1",
        Name: "/full",
        State: { Status: "running", Pid: 7, StartedAt: time, FinishedAt: "0001-01-01T00:00:00Z" },
        Config: { Image: "base", Cmd: null, Tty: true, Healthcheck: { Test: ["CMD", "x"], Interval: 5 } },
        HostConfig: { AutoRemove: true, Memory: 0, MemorySwappiness: null, RestartPolicy: { Name: "" }, Binds: null },
        Mounts: [{ Type: "volume", Name: "v", Source: "/s", Destination: "/d", RW: false }],
      }),
      "GET /containers/bare/json": json({ Id: "c2" }),
    });
    const full = await server.engine.containers.inspect("/full");
    expect(full).toMatchObject({
      name: "full",
      state: { status: "running", pid: 7, startedAt: time },
      config: { terminal: true, command: [], healthcheck: { test: ["CMD", "x"], interval: 5 } },
      hostConfig: { autoRemove: true, resources: {}, restartPolicy: { name: "no", maximumRetryCount: 0 }, binds: [] },
      mounts: [{ type: "volume", source: "v", destination: "/d", readonly: true }],
    });
    expect(full.state.finishedAt).toBeUndefined();
    expect(await server.engine.containers.inspect("bare")).toMatchObject({ id: "c2", name: "", args: [] });
  });

  it.each([
    ["start", [], {}],
    ["stop", [{ signal: "INT", timeout: 0 }], { signal: "INT", t: "0" }],
    ["restart", [{ timeout: -1 }], { t: "-1" }],
    ["kill", ["USR1"], { signal: "USR1" }],
    ["pause", [], {}],
    ["unpause", [], {}],
    ["rename", ["other"], { name: "other" }],
    ["resize", [{ rows: 24, columns: 80 }], { h: "24", w: "80" }],
  ] as const)("%s", async (verb, parameters, query) => {
    await using server = await scriptedServer({ [`POST /containers/x/${verb}`]: done });
    const act = server.engine.containers[verb] as (name: string, ...rest: readonly unknown[]) => Promise<void>;
    await act.call(server.engine.containers, "x", ...parameters);
    expect(server.requests[0]!.query).toEqual(query);
  });

  it("are waited for before they are started", async () => {
    const exit = Promise.withResolvers<void>();
    await using server = await scriptedServer({
      "POST /containers/x/wait": async () => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        const body = (async function* () {
          await exit.promise;
          yield Buffer.from('{"StatusCode":3,"Error":{"Message":"lost"}}\n');
        })();
        server.requests.push({ line: "waiting" } as never);
        return { status: 200, headers: {}, body };
      },
      "POST /containers/x/start": done,
    });
    const waited = server.engine.containers.wait("x", "next-exit");
    await server.engine.containers.start("x");
    expect(server.requests.map(({ line }) => line)).toEqual([
      "POST /containers/x/wait",
      "waiting",
      "POST /containers/x/start",
    ]);
    exit.resolve();
    expect(await waited).toEqual({ exitCode: 3, error: "lost" });
  });

  it("that cannot be waited for can be started all the same", async () => {
    await using server = await scriptedServer({ "POST /containers/x/start": done });
    const waited = server.engine.containers.wait("x");
    await server.engine.containers.start("x");
    await expect(waited).rejects.toMatchObject({ code: "not-found" });
  });

  it("are waited for until the call is aborted", async () => {
    const gone = Promise.withResolvers<void>();
    await using server = await scriptedServer({
      "POST /containers/x/wait": ({ signal }) => {
        signal.addEventListener("abort", () => gone.resolve());
        return {
          status: 200,
          headers: {},
          body: (async function* () {
            await gone.promise;
            yield Buffer.alloc(0);
          })(),
        };
      },
    });
    const controller = new AbortController();
    const waited = server.engine.containers.wait("x", "not-running", { signal: controller.signal });
    setTimeout(() => controller.abort(new Error("enough")), 10);
    await expect(waited).rejects.toThrow("enough");
    await gone.promise;
  });

  it("are removed, updated and pruned", async () => {
    await using server = await scriptedServer({
      "DELETE /containers/x": done,
      "POST /containers/x/update": json({ Warnings: ["w"] }),
      "POST /containers/prune": json({ ContainersDeleted: null, SpaceReclaimed: 0 }),
    });
    const { containers } = server.engine;
    await containers.remove("x", { force: true, volumes: true });
    const changes = { resources: { memory: 1 }, restartPolicy: { name: "no", maximumRetryCount: 0 } } as const;
    expect(await containers.update("x", changes)).toEqual({ warnings: ["w"] });
    expect(await containers.prune()).toEqual({ deleted: [], reclaimedBytes: 0 });
    expect(server.requests[0]!.query).toEqual({ force: "1", v: "1" });
    expect(JSON.parse(server.bodies[1]!)).toEqual({ Memory: 1, RestartPolicy: { Name: "no", MaximumRetryCount: 0 } });
  });

  it("are committed", async () => {
    await using server = await scriptedServer({ "POST /commit": json({ Id: "sha256:1" }, 201) });
    const options = {
      reference: "r:5000/a:1",
      author: "me",
      message: "why",
      changes: ["CMD x", "ENV a=b"],
      pause: false,
    };
    expect(await server.engine.containers.commit("x", options)).toEqual({ id: "sha256:1" });
    expect(server.requests[0]!.query).toEqual({
      container: "x",
      repo: "r:5000/a",
      tag: "1",
      author: "me",
      comment: "why",
      pause: "0",
      changes: ["CMD x", "ENV a=b"],
    });
  });
});

describe("what containers have", () => {
  it("changed", async () => {
    await using server = await scriptedServer({
      "GET /containers/x/changes": json([
        { Path: "/a", Kind: 0 },
        { Path: "/b", Kind: 1 },
        { Path: "/c", Kind: 2 },
      ]),
      "GET /containers/none/changes": json(null),
    });
    expect(await all(server.engine.containers.changes("x"))).toEqual([
      { path: "/a", kind: "modified" },
      { path: "/b", kind: "added" },
      { path: "/c", kind: "deleted" },
    ]);
    expect(await all(server.engine.containers.changes("none"))).toEqual([]);
  });

  it("running", async () => {
    await using server = await scriptedServer({
      "GET /containers/x/top": json({ Titles: ["PID"], Processes: [["1"]] }),
    });
    expect(await server.engine.containers.top("x", "-o pid")).toEqual({ titles: ["PID"], processes: [["1"]] });
    expect(server.requests[0]!.query).toEqual({ ps_args: "-o pid" });
  });

  it("used", async () => {
    const cpu = { cpu_usage: { total_usage: 10, usage_in_usermode: 4 }, system_cpu_usage: 100, online_cpus: 2 };
    const sample = {
      id: "c1",
      name: "/web",
      read: time,
      preread: "0001-01-01T00:00:00Z",
      cpu_stats: cpu,
      memory_stats: { usage: 5, limit: 9, stats: { inactive_file: 1 } },
      pids_stats: { current: 3 },
      blkio_stats: {
        io_service_bytes_recursive: [
          { op: "Read", value: 1 },
          { op: "read", value: 2 },
          { op: "Write", value: 4 },
        ],
      },
    };
    await using server = await scriptedServer({
      "GET /containers/x/stats": lines(sample, {
        ...sample,
        preread: time,
        precpu_stats: { ...cpu, system_cpu_usage: 50 },
      }),
      "GET /containers/idle/stats": lines({ read: "0001-01-01T00:00:00Z", memory_stats: {} }),
    });
    const [first, second] = await all(server.engine.containers.stats("x", { stream: true }));
    expect(first).toMatchObject({
      id: "c1",
      name: "web",
      read: {
        systemCpu: 100,
        onlineCpus: 2,
        usage: { cpu: { total: 10 }, memory: { usage: 5 }, blkio: { readBytes: 3, writeBytes: 4 } },
      },
    });
    expect(first!.previous).toBeUndefined();
    expect(second!.previous).toMatchObject({ systemCpu: 50, usage: { cpu: { total: 10 } } });
    const [idle] = await all(server.engine.containers.stats("idle", { oneShot: true }));
    expect(idle!.read.usage).toBeUndefined();
    expect(server.requests.map(({ query }) => query)).toEqual([{ stream: "1" }, { stream: "0", "one-shot": "1" }]);
  });

  it("in their files", async () => {
    const stat = { name: "f", size: 2, mode: 420, mtime: time, linkTarget: "" };
    const headers = { "x-docker-container-path-stat": Buffer.from(JSON.stringify(stat)).toString("base64") };
    await using server = await scriptedServer({
      "HEAD /containers/x/archive": { status: 200, headers },
      "GET /containers/x/archive": { status: 200, headers, body: chunks("tar") },
      "PUT /containers/x/archive": { status: 200, headers: {} },
      "GET /containers/x/export": { status: 200, headers: {}, body: chunks("to", "tal") },
      "HEAD /containers/odd/archive": { status: 200, headers: {} },
    });
    const { containers } = server.engine;
    expect(await containers.statPath("x", "/f")).toEqual(stat);
    const read = await containers.readPath("x", "/a b");
    expect([read.stat, await textOf(read.archive)]).toEqual([stat, "tar"]);
    await containers.writePath("x", "/", chunks("in"), { noOverwriteDirNonDir: true, keepOwners: true });
    expect(server.bodies[2]).toBe("in");
    expect(server.requests.map(({ query }) => query)).toEqual([
      { path: "/f" },
      { path: "/a b" },
      { path: "/", noOverwriteDirNonDir: "1", copyUIDGID: "1" },
    ]);
    expect(await textOf(containers.export("x"))).toBe("total");
    await expect(containers.statPath("odd", "/f")).rejects.toMatchObject({ code: "internal" });
  });
});
