import { readFileSync } from "node:fs";

import type { ContainerStats, DiskUsage, ExecState } from "@gantry/engine";
import { describe, expect, it, test } from "vitest";
import { parse } from "yaml";

import { ApiClient } from "./api-client.ts";
import { capture, description, differences, haveCaptures, haveDescription } from "./captures.ts";
import { containerId, containersOf, image, imageId, info, record } from "./records.ts";

const volume = {
  name: "v1",
  labels: {},
  driverOptions: {},
  createdAt: new Date("2026-11-24T02:17:06Z"),
  mountpoint: "/var/lib/x/volumes/v1/_data",
  empty: false,
};
const summary = { id: imageId, tags: ["example/bb:1"], createdAt: image.record.createdAt, size: 1_982_436, labels: {} };
const usage: DiskUsage = {
  images: [{ ...summary, sharedBytes: 5, containers: 1 }],
  layerBytes: 9,
  containers: [{ id: containerId, writableBytes: 2, rootBytes: 30 }],
  volumes: [{ name: "v1", bytes: 1, users: 1 }],
};
const health = {
  status: "healthy" as const,
  failingStreak: 0,
  log: [{ start: "2026-11-24T02:17:13.194126703Z", end: "2026-11-24T02:17:13.613970306Z", exitCode: 0, output: "" }],
};
const running = record({
  state: { ...record().state, health },
  config: {
    ...record().config,
    healthcheck: { test: ["CMD-SHELL", "true"], interval: 1_000_000_000 },
    clientFields: {
      Config: { ExposedPorts: { "80/tcp": {} } },
      HostConfig: { Binds: ["v1:/data"], PortBindings: { "80/tcp": [{ HostIp: "", HostPort: "18080" }] } },
    },
  },
});
const exec: ExecState = {
  id: "d0d9",
  containerId,
  command: ["sh", "-c", "exit 7"],
  running: false,
  exitCode: 7,
  pid: 0,
  attachStdout: true,
};
const sample = {
  time: "2026-11-24T02:17:28.718291318Z",
  usage: {
    cpu: { total: 5, user: 2, system: 3, periods: 1, throttledPeriods: 0, throttledTime: 0 },
    memory: { usage: 10, maximum: 20, limit: 67_108_864, failures: 0, stats: { cache: 1, total_inactive_file: 0 } },
    pids: { current: 1 },
    blkio: { readBytes: 0, writeBytes: 0, readOperations: 0, writeOperations: 0 },
  },
  systemCpu: 100,
  onlineCpus: 2,
};
const stats: ContainerStats = { id: containerId, name: "example", read: sample, previous: sample };

const client = new ApiClient({
  info: async () => info,
  containers: {
    ...containersOf(running),
    stats: async function* () {
      yield stats;
    },
    top: async () => ({ titles: ["UID", "PID"], processes: [["root", "1"]] }),
    changes: async function* () {
      yield { kind: "added" as const, path: "/new" };
    },
  },
  images: {
    list: async () => [summary],
    inspect: async () => image,
    history: async () => [
      { id: imageId, createdAt: summary.createdAt, createdBy: "", comment: "", tags: ["example/bb:1"], size: 1 },
    ],
  },
  execs: { inspect: async () => exec },
  volumes: { list: async () => [volume], inspect: async () => volume },
  diskUsage: async () => usage,
});

/** What of a real engine's answers is left out here, each for the reason that the reference names. */
const lacking: Readonly<Record<string, readonly string[]>> = {
  "inspect_running.json": ["HostConfig.KernelMemory: missing", "HostConfig.KernelMemoryTCP: missing"],
  "stats.json": [
    "cpu_stats.cpu_usage.percpu_usage: missing",
    "precpu_stats.cpu_usage.percpu_usage: missing",
    "networks: missing",
  ],
};

/** Names beneath them are data, not part of the shape. */
const free = [
  "GraphDriver",
  "NetworkSettings.Ports",
  "NetworkSettings.Networks",
  "[].NetworkSettings.Networks",
  "Containers[].NetworkSettings.Networks",
  "Config.Labels",
  "[].Labels",
  "memory_stats.stats",
  "Runtimes",
  "RegistryConfig.IndexConfigs",
  "Components",
  "ContainerConfig",
];

describe.skipIf(!haveCaptures)(haveCaptures ? "answers" : "answers (skipped: no captures of a real dockerd)", () => {
  it.each([
    ["inspect_running.json", "/containers/example/json"],
    ["ps.json", "/containers/json?size=1"],
    ["info.json", "/info"],
    ["version.json", "/version"],
    ["image_inspect.json", "/images/example/bb:1/json"],
    ["images.json", "/images/json"],
    ["history.json", "/images/example/bb:1/history"],
    ["df.json", "/system/df"],
    ["volumes.json", "/volumes"],
    ["volume_inspect.json", "/volumes/v1"],
    ["networks.json", "/networks"],
    ["network_inspect.json", "/networks/none"],
    ["exec_inspect.json", "/exec/d0d9/json"],
    ["top.json", "/containers/example/top"],
    ["changes.json", "/containers/example/changes"],
    ["stats.json", "/containers/example/stats?stream=0"],
  ])("have every field of %s", async (name, path) => {
    const { status, text } = await client.ask("GET", `/v1.41${path}`);
    expect(status).toBe(200);
    const found = differences(capture(name), JSON.parse(text), free);
    expect(found).toEqual(lacking[name] ?? []);
  });
});

interface Definition {
  required?: string[];
  properties?: Record<string, { type?: string; "x-nullable"?: boolean }>;
}

describe.skipIf(!haveDescription)(
  haveDescription ? "answers of 1.50" : "answers of 1.50 (skipped: no description of the API)",
  () => {
    const definitions = haveDescription
      ? (parse(readFileSync(description, "utf8")) as { definitions: Record<string, Definition> }).definitions
      : {};
    const jsonTypes: Readonly<Record<string, string>> = { integer: "number", array: "object" };

    test.each([
      ["ContainerInspectResponse", "/containers/example/json"],
      ["ContainerSummary", "/containers/json"],
      ["ImageInspect", "/images/x/json"],
      ["ImageSummary", "/images/json"],
      ["SystemInfo", "/info"],
      ["SystemVersion", "/version"],
      ["Volume", "/volumes/v1"],
      ["Network", "/networks/none"],
    ])("have the types of %s, and all that it requires", async (name, path) => {
      const { json } = await client.ask("GET", path);
      const ours = (Array.isArray(json) ? json[0] : json) as Record<string, unknown>;
      const { required = [], properties = {} } = definitions[name]!;
      expect(Object.keys(properties).length).toBeGreaterThan(5);
      expect(required.filter((field) => !Object.hasOwn(ours, field))).toEqual([]);
      const wrong = Object.entries(ours).filter(([field, value]) => {
        const type = properties[field]?.type;
        return type !== undefined && value !== null && typeof value !== (jsonTypes[type] ?? type);
      });
      expect(wrong).toEqual([]);
      // What the description does not know is what older versions had.
      const unknown = Object.keys(ours).filter((field) => !Object.hasOwn(properties, field));
      expect(unknown).toEqual([]);
    });
  },
);

test("differences are found", () => {
  expect(differences({ a: 1, b: { c: "" }, d: [{ e: 1 }] }, { a: "1", b: {}, d: [{ f: 1 }] })).toEqual([
    "a: string instead of number",
    "b.c: missing",
    "d[].e: missing",
  ]);
});
