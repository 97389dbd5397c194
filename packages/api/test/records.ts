import { EngineError } from "@gantry/core";
import type { Containers, ContainerRecord, EngineInfo, ImageDetails } from "@gantry/engine";
import { noImageDefaults } from "@gantry/oci";

export const containerId = "ace3725b35887cba18ac1fbd9e19675c34aadcd3d6c142264487d73a4d15756e";
export const imageId = "sha256:9074c7af218613fa391b63f6406dc8276cfebbb99321d765d3e4d9d8f2c3f44b";

export const info: EngineInfo = {
  version: "1.2.3",
  containers: { total: 3, running: 1, paused: 1, stopped: 1 },
  images: 2,
  storageDriver: "overlay",
  isolationBackend: "native",
  limiter: { name: "cgroup", version: 1 },
  dataRoot: "/data",
  warnings: [],
};

export function record(change: Partial<ContainerRecord> = {}): ContainerRecord {
  return {
    id: containerId,
    name: "example",
    createdAt: "2026-11-24T02:17:06.972653582Z",
    imageId,
    image: "example/bb:1",
    config: {
      image: "example/bb:1",
      command: ["sh", "-c", "echo out; sleep 9"],
      entrypoint: [],
      env: ["A=b"],
      workingDirectory: "",
      user: "",
      hostname: "ace3725b3588",
      terminal: false,
      openStdin: false,
      stdinOnce: false,
      labels: { x: "y" },
      stopSignal: "SIGTERM",
    },
    hostConfig: {
      resources: { memory: 67_108_864, nanoCpus: 500_000_000 },
      binds: ["v1:/data", "/data:/ctx:ro"],
      tmpfs: {},
      networkMode: "none",
      readonlyRoot: false,
      autoRemove: false,
      restartPolicy: { name: "on-failure", maximumRetryCount: 3 },
      init: false,
      privileged: false,
      capabilitiesAdd: [],
      capabilitiesDrop: [],
      securityOptions: [],
      groupAdd: [],
      ulimits: [],
      sysctls: {},
      shmSize: 67_108_864,
      oomScoreAdj: 0,
      logDriver: { name: "json-file", options: {} },
    },
    path: "sh",
    args: ["-c", "echo out; sleep 9"],
    state: {
      status: "running",
      pid: 2562,
      exitCode: 0,
      error: "",
      oomKilled: false,
      startedAt: "2026-11-24T02:17:09.642278281Z",
    },
    restartCount: 0,
    mounts: [
      { type: "volume", source: "v1", destination: "/data", readonly: false, options: ["rbind", "rprivate"] },
      { type: "bind", source: "/data", destination: "/ctx", readonly: true, options: ["rbind", "rslave"] },
    ],
    anonymousVolumes: [],
    outputBase: 0,
    ...change,
  };
}

/** Finds containers among some, as an engine does by name. */
export function containersOf(...records: readonly ContainerRecord[]): Partial<Containers> {
  return {
    inspect: async (reference) => {
      const found = records.find(({ id, name }) => id === reference || name === reference);
      if (found === undefined) throw new EngineError("not-found", `No such container: ${reference}`);
      return found;
    },
    list: async () =>
      records.map((item) => ({ ...item, command: [item.path, ...item.args].join(" "), labels: item.config.labels })),
  };
}

export const image: ImageDetails = {
  record: {
    id: imageId,
    manifestDigests: [],
    createdAt: "2026-11-24T02:11:56.039377754Z",
    architecture: "amd64",
    defaults: noImageDefaults,
    layers: [],
  },
  configuration: {
    os: "linux",
    architecture: "amd64",
    created: "2026-11-24T02:11:56.039377754Z",
    config: { ...noImageDefaults, env: ["PATH=/bin"], exposedPorts: ["80/tcp"], volumes: ["/data"] },
    diffIds: ["sha256:49cfa5b0bbee26cacaa101e23edd9eb369925fb86a83bf112d71c9b904a575a1"],
    history: [{ comment: "Imported from -" }],
  },
  tags: ["example/bb:1"],
  digests: [],
  parent: "",
  size: 1_982_436,
};
