import { EngineError } from "@gantry/core";
import type { ContainerUpdate, CreateContainer, CreateVolume } from "@gantry/engine";
import { describe, expect, it } from "vitest";

import { ApiClient, type EngineParts } from "./api-client.ts";
import { containerId, containersOf, info, record } from "./records.ts";

/** An engine that notes what it is asked to create. */
function creating() {
  const asked: CreateContainer[] = [];
  const volumes: CreateVolume[] = [];
  const engine: EngineParts = {
    info: async () => info,
    containers: {
      ...containersOf(record()),
      create: async (options) => {
        asked.push(options);
        return { id: containerId, warnings: ["the engine's own"] };
      },
    },
    volumes: {
      create: async (options) => {
        volumes.push(options);
        return {
          name: options.name!,
          labels: {},
          driverOptions: {},
          createdAt: new Date(),
          mountpoint: "/",
          empty: true,
        };
      },
    },
  };
  const create = async (body: object, query = "") =>
    new ApiClient(engine).ask("POST", `/containers/create${query}`, { body });
  return { asked, volumes, create };
}

/** What a stock client sends of a HostConfig with no flag at all. */
const plainHostConfig = {
  Binds: null,
  LogConfig: { Type: "", Config: {} },
  NetworkMode: "none",
  PortBindings: {},
  RestartPolicy: { Name: "no", MaximumRetryCount: 0 },
  ConsoleSize: [0, 0],
  Dns: [],
  MemorySwappiness: -1,
  PidsLimit: 0,
  OomKillDisable: false,
  BlkioDeviceReadBps: [],
  MaskedPaths: null,
  IpcMode: "",
};

describe("create", () => {
  it("asks for nothing that the client did not say", async () => {
    const { asked, create } = creating();
    const answer = await create({ Image: "a", Cmd: ["x"], Env: null, HostConfig: plainHostConfig }, "?name=/n");
    expect(answer).toMatchObject({ status: 201, json: { Id: containerId, Warnings: ["the engine's own"] } });
    expect(asked[0]).toEqual({
      name: "n",
      config: { image: "a", command: ["x"], clientFields: { Config: {}, HostConfig: {} } },
      hostConfig: {
        resources: {},
        binds: [],
        tmpfs: {},
        networkMode: "none",
        restartPolicy: { name: "no", maximumRetryCount: 0 },
      },
    });
  });

  it("passes on everything that the engine has words for", async () => {
    const { asked, create } = creating();
    await create({
      Image: "a",
      Entrypoint: "sh",
      Tty: true,
      OpenStdin: true,
      StdinOnce: true,
      Labels: { a: "b" },
      StopTimeout: 3,
      StopSignal: "SIGINT",
      Healthcheck: { Test: ["CMD", "true"], Interval: 5, Retries: 0 },
      Volumes: { "/anonymous": {}, "/bound/": {} },
      HostConfig: {
        Binds: ["/h:/bound"],
        Tmpfs: { "/t": "size=1m" },
        NetworkMode: "host",
        Memory: 64,
        NanoCpus: 5,
        MemorySwappiness: 0,
        PidsLimit: -1,
        CpusetCpus: "0",
        AutoRemove: true,
        Init: true,
        Privileged: true,
        ReadonlyRootfs: true,
        CapAdd: ["NET_ADMIN"],
        CapDrop: ["ALL"],
        SecurityOpt: ["seccomp=unconfined"],
        GroupAdd: ["5"],
        Ulimits: [{ Name: "nofile", Soft: 1, Hard: 2 }],
        Sysctls: { "net.core.somaxconn": "1" },
        ShmSize: 5,
        OomScoreAdj: 7,
        ConsoleSize: [24, 80],
        RestartPolicy: { Name: "on-failure", MaximumRetryCount: 2 },
        LogConfig: { Type: "", Config: { "max-size": "1m" } },
      },
    });
    expect(asked[0]).toMatchObject({
      config: {
        entrypoint: ["sh"],
        terminal: true,
        openStdin: true,
        stdinOnce: true,
        labels: { a: "b" },
        stopTimeout: 3,
        stopSignal: "SIGINT",
        healthcheck: { test: ["CMD", "true"], interval: 5 },
      },
      hostConfig: {
        binds: ["/h:/bound", "/anonymous"],
        tmpfs: { "/t": "size=1m" },
        networkMode: "host",
        resources: { memory: 64, nanoCpus: 5, memorySwappiness: 0, pids: -1, cpusetCpus: "0" },
        autoRemove: true,
        init: true,
        privileged: true,
        readonlyRoot: true,
        capabilitiesAdd: ["NET_ADMIN"],
        capabilitiesDrop: ["ALL"],
        securityOptions: ["seccomp=unconfined"],
        groupAdd: ["5"],
        ulimits: [{ name: "nofile", soft: 1, hard: 2 }],
        sysctls: { "net.core.somaxconn": "1" },
        shmSize: 5,
        oomScoreAdj: 7,
        consoleSize: { rows: 24, columns: 80 },
        restartPolicy: { name: "on-failure", maximumRetryCount: 2 },
        logDriver: { name: "json-file", options: { "max-size": "1m" } },
      },
    });
    expect(asked[0]!.config.healthcheck).not.toHaveProperty("retries");
  });

  it("warns of what needs a network that there is none of", async () => {
    const { asked, create } = creating();
    const hostConfig = { NetworkMode: "default", PortBindings: { "80/tcp": [{ HostPort: "80" }] }, Dns: ["1.1.1.1"] };
    const { Warnings } = (await create({ Image: "a", HostConfig: hostConfig })).json as { Warnings: string[] };
    expect(Warnings).toEqual([
      expect.stringContaining("no bridge network"),
      expect.stringContaining("HostConfig.PortBindings is discarded"),
      expect.stringContaining("HostConfig.Dns is discarded"),
      "the engine's own",
    ]);
    expect(asked[0]!.hostConfig).not.toHaveProperty("networkMode");
  });

  it.each([
    [{ PidMode: "host" }, "HostConfig.PidMode"],
    [{ IpcMode: "container:a" }, "HostConfig.IpcMode"],
    [{ NetworkMode: "container:a" }, "HostConfig.NetworkMode"],
    [{ NetworkMode: "mine" }, "HostConfig.NetworkMode"],
    [{ Devices: [{ PathOnHost: "/dev/kvm" }] }, "HostConfig.Devices"],
    [{ DeviceRequests: [{}] }, "HostConfig.DeviceRequests"],
    [{ Runtime: "kata" }, "HostConfig.Runtime"],
    [{ CgroupParent: "/a" }, "HostConfig.CgroupParent"],
    [{ MaskedPaths: [] }, "HostConfig.MaskedPaths"],
    [{ BlkioDeviceReadBps: [{ Path: "/dev/sda", Rate: 1 }] }, "HostConfig.BlkioDeviceReadBps"],
    [{ Mounts: [{ Type: "image", Target: "/x", Source: "a" }] }, "HostConfig.Mounts[0].Type"],
    [{ Mounts: [{ Type: "volume", Target: "/x", Source: "a", VolumeOptions: { Subpath: "b" } }] }, "Subpath"],
  ])("refuses what it would have to leave undone: %j", async (hostConfig, field) => {
    const { asked, create } = creating();
    const answer = await create({ Image: "a", HostConfig: hostConfig });
    expect([answer.status, (answer.json as { message: string }).message, asked]).toEqual([
      501,
      expect.stringContaining(field),
      [],
    ]);
  });

  it("turns mounts into what the engine mounts", async () => {
    const { asked, volumes, create } = creating();
    const answer = await create({
      Image: "a",
      HostConfig: {
        NetworkMode: "none",
        Mounts: [
          { Type: "bind", Source: "/", Target: "/b", ReadOnly: true, BindOptions: { Propagation: "rslave" } },
          { Type: "bind", Source: "/not/there", Target: "/c", BindOptions: { CreateMountpoint: true } },
          { Type: "volume", Source: "v", Target: "/v", VolumeOptions: { NoCopy: true, Labels: { a: "b" } } },
          { Type: "volume", Target: "/anonymous" },
          { Type: "tmpfs", Target: "/t", TmpfsOptions: { SizeBytes: 4096, Mode: 0o1770 } },
        ],
        VolumesFrom: ["example:ro"],
      },
    });
    expect(answer.status).toBe(201);
    expect(asked[0]!.hostConfig).toMatchObject({
      binds: ["/:/b:ro,rslave", "/not/there:/c", "v:/v:nocopy", "/anonymous", "v1:/data:ro", "/data:/ctx:ro"],
      tmpfs: { "/t": "size=4096,mode=1770" },
    });
    expect(volumes).toEqual([{ name: "v", labels: { a: "b" } }]);
  });

  it.each([
    [{ Mounts: [{ Type: "bind", Source: "/not/there", Target: "/c" }] }, "bind source path does not exist: /not/there"],
    [{ Mounts: [{ Type: "bind", Source: "relative", Target: "/c" }] }, "must be absolute"],
    [{ Mounts: [{ Type: "bind", Source: "/" }] }, "Target must not be empty"],
    // Not 404: a client takes that for a missing image, and pulls it.
    [{ VolumesFrom: ["nobody"] }, "No such container: nobody"],
  ])("refuses mounts that cannot be: %j", async (hostConfig, text) => {
    const answer = await creating().create({ Image: "a", HostConfig: { NetworkMode: "none", ...hostConfig } });
    expect([answer.status, (answer.json as { message: string }).message]).toEqual([400, expect.stringContaining(text)]);
  });

  it("has what the client said told back by inspect", async () => {
    const { asked, create } = creating();
    const hostConfig = {
      NetworkMode: "none",
      PortBindings: { "80/tcp": null },
      Annotations: { a: "b" },
      Binds: ["/h:/c"],
    };
    await create({ Image: "a", AttachStdout: true, ExposedPorts: { "80/tcp": {} }, HostConfig: hostConfig });
    const { clientFields } = asked[0]!.config;
    const kept = record({ config: { ...record().config, clientFields: clientFields! } });
    const client = new ApiClient({ ...volumesOf(), info: async () => info, containers: containersOf(kept) });
    expect((await client.ask("GET", "/containers/example/json")).json).toMatchObject({
      Config: { AttachStdout: true, AttachStdin: false, ExposedPorts: { "80/tcp": {} } },
      HostConfig: { ...hostConfig, Memory: 67_108_864 },
    });
  });
});

function volumesOf(): EngineParts {
  const volume = {
    name: "v1",
    labels: {},
    driverOptions: {},
    createdAt: new Date(0),
    mountpoint: "/data/v1",
    empty: false,
  };
  return { volumes: { list: async () => [volume] } };
}

describe("a list", () => {
  const client = new ApiClient({
    ...volumesOf(),
    info: async () => info,
    containers: containersOf(record()),
    diskUsage: async () => ({
      images: [],
      layerBytes: 0,
      containers: [{ id: containerId, writableBytes: 2, rootBytes: 30 }],
      volumes: [],
    }),
  });

  it("shows containers in Docker's words", async () => {
    const { json } = await client.ask("GET", "/containers/json?size=1");
    expect(json).toMatchObject([
      {
        Id: containerId,
        Names: ["/example"],
        Image: "example/bb:1",
        Command: "sh -c 'echo out; sleep 9'",
        Created: 1_795_486_626,
        State: "running",
        Status: expect.stringMatching(/^Up /),
        SizeRw: 2,
        SizeRootFs: 30,
        HostConfig: { NetworkMode: "none" },
        Mounts: [
          { Type: "volume", Name: "v1", Source: "/data/v1", RW: true },
          { Type: "bind", Source: "/data", RW: false, Mode: "ro", Propagation: "rslave" },
        ],
      },
    ]);
  });

  it("leaves out a container that is gone meanwhile", async () => {
    const containers = {
      ...containersOf(record()),
      inspect: async () => Promise.reject(new EngineError("not-found", "gone")),
    };
    expect((await new ApiClient({ info: async () => info, containers }).ask("GET", "/containers/json")).json).toEqual(
      [],
    );
  });

  it.each([
    [{ status: "created" as const }, "Created"],
    [
      { status: "exited" as const, exitCode: 3, finishedAt: new Date(Date.now() - 120_000).toISOString() },
      "Exited (3) 2 minutes ago",
    ],
    [{ status: "paused" as const, startedAt: new Date().toISOString() }, "Up Less than a second (Paused)"],
    [
      { status: "restarting" as const, exitCode: 1, finishedAt: new Date().toISOString() },
      "Restarting (1) Less than a second ago",
    ],
    [
      {
        status: "running" as const,
        startedAt: new Date().toISOString(),
        health: { status: "unhealthy" as const, failingStreak: 1, log: [] },
      },
      "Up Less than a second (unhealthy)",
    ],
  ])("says how a container is: %j", async (state, text) => {
    const of = record({ mounts: [], state: { pid: 0, exitCode: 0, error: "", oomKilled: false, ...state } });
    const { json } = await new ApiClient({ info: async () => info, containers: containersOf(of) }).ask(
      "GET",
      "/containers/json?all=1",
    );
    expect(json).toMatchObject([{ Status: text, State: state.status }]);
  });
});

describe("verbs", () => {
  it.each<[string, string, unknown[]]>([
    ["POST", "stop?t=0&signal=INT", ["stop", containerId, { timeout: 0, signal: "INT" }]],
    ["POST", "stop", ["stop", containerId, {}]],
    ["POST", "restart?t=-1", ["restart", containerId, { timeout: -1 }]],
    ["POST", "kill", ["kill", containerId, undefined]],
    ["POST", "kill?signal=9", ["kill", containerId, "9"]],
    ["POST", "rename?name=/new", ["rename", containerId, "new"]],
    ["POST", "resize?h=10&w=20", ["resize", containerId, { rows: 10, columns: 20 }]],
    ["DELETE", "?v=1&force=true", ["remove", containerId, { volumes: true, force: true }]],
  ])("%s %s", async (method, path, call) => {
    const calls: unknown[][] = [];
    const note =
      (verb: string) =>
      async (id: string, argument?: unknown): Promise<void> =>
        void calls.push([verb, id, argument]);
    const names = ["stop", "restart", "kill", "rename", "resize", "remove"] as const;
    const containers = Object.fromEntries(names.map((name) => [name, note(name)]));
    const slash = path.startsWith("?") ? "" : "/";
    const answer = await new ApiClient({ containers }).ask(method, `/containers/${containerId}${slash}${path}`);
    expect([answer.status, answer.text, calls]).toEqual([path.startsWith("resize") ? 200 : 204, "", [call]]);
  });

  it("refuse what cannot be meant", async () => {
    const client = new ApiClient({ containers: containersOf(record()) });
    expect((await client.ask("POST", "/containers/example/resize?h=x")).status).toBe(400);
    expect((await client.ask("POST", "/containers/example/resize?h=-1")).status).toBe(400);
    expect((await client.ask("POST", "/containers/example/wait?condition=never")).status).toBe(400);
    expect((await client.ask("POST", "/containers/nobody/wait")).status).toBe(404);
    expect((await client.ask("DELETE", "/containers/example?link=1")).status).toBe(501);
    expect((await client.ask("GET", "/containers/example/archive")).status).toBe(400);
  });

  it("update says what changes only", async () => {
    const asked: ContainerUpdate[] = [];
    const update = async (_: string, changes: ContainerUpdate) => {
      asked.push(changes);
      return { warnings: [] };
    };
    const client = new ApiClient({ containers: { update } });
    const body = { Memory: 5, CpuShares: 0, RestartPolicy: { Name: "", MaximumRetryCount: 0 } };
    expect((await client.ask("POST", "/containers/a/update", { body })).json).toEqual({ Warnings: null });
    expect(asked).toEqual([{ resources: { memory: 5 } }]);
  });
});

describe("wait", () => {
  it("answers its head at once and the code at the end", async () => {
    const { promise, resolve } = Promise.withResolvers<{ exitCode: number }>();
    const conditions: unknown[] = [];
    const wait = (_: string, condition?: string) => {
      conditions.push(condition);
      return promise;
    };
    const client = new ApiClient({ containers: { ...containersOf(record()), wait } });
    const { status, body } = await client.send("POST", "/containers/example/wait?condition=next-exit");
    expect([status, conditions]).toEqual([200, ["next-exit"]]);
    resolve({ exitCode: 3 });
    const chunks: string[] = [];
    for await (const chunk of body!) chunks.push(Buffer.from(chunk).toString());
    expect(chunks).toEqual(['{"StatusCode":3}\n']);
  });

  it.each([
    ["/v1.41", "not-running", '{"StatusCode":3,"Error":null}\n'],
    ["", "next-exit", '{"StatusCode":3,"Error":{"Message":"why"}}\n'],
    // The client has been told by its start.
    ["", "removed", '{"StatusCode":3}\n'],
  ])("%s %s", async (version, condition, text) => {
    const error = condition === "not-running" ? {} : { error: "why" };
    const wait = async () => ({ exitCode: 3, ...error });
    const client = new ApiClient({ containers: { ...containersOf(record()), wait } });
    expect((await client.ask("POST", `${version}/containers/example/wait?condition=${condition}`)).text).toBe(text);
  });

  it("tells a failure in its body", async () => {
    const wait = async () => Promise.reject(new EngineError("unavailable", "the engine stops"));
    const client = new ApiClient({ containers: { ...containersOf(record()), wait } });
    expect((await client.ask("POST", "/containers/example/wait")).json).toEqual({
      StatusCode: -1,
      Error: { Message: "the engine stops" },
    });
  });
});
