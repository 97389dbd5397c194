import type { EngineInfo } from "@gantry/engine";

import type { ApiFacts } from "../api-facts.ts";
import { currentVersion, minimumVersion } from "../http/api-version.ts";
import { nullIfEmpty } from "./defined.ts";

/** `GET /version`. There is no Go in this engine: the runtime that it names is Node. */
export function showVersion({ product, machine }: ApiFacts): object {
  const common = {
    ApiVersion: `1.${currentVersion}`,
    MinAPIVersion: `1.${minimumVersion}`,
    GitCommit: product.gitCommit,
    GoVersion: `node ${process.version}`,
    Os: "linux",
    Arch: machine.architecture,
    KernelVersion: machine.kernelVersion,
    BuildTime: product.buildTime,
  };
  const engine = { Name: "Engine", Version: product.version, Details: { ...common, Experimental: "false" } };
  return {
    Platform: { Name: product.name },
    Components: [engine],
    Version: product.version,
    ...common,
  };
}

export interface SystemContext {
  facts: ApiFacts;
  info: EngineInfo;
  version: number;
  /** Clients that follow the events at present. */
  eventListeners: number;
}

/** `GET /info`. Fields of what this engine does not have are empty, as Docker leaves them. */
export function showInfo({ facts, info, version, eventListeners }: SystemContext): object {
  const { machine, daemon, product } = facts;
  const { containers } = info;
  return {
    ID: facts.id,
    Containers: containers.total,
    ContainersRunning: containers.running,
    ContainersPaused: containers.paused,
    ContainersStopped: containers.stopped,
    Images: info.images,
    Driver: info.storageDriver,
    DriverStatus: [],
    Plugins: {
      Volume: daemon.volumeDrivers,
      Network: ["host", "null"],
      Authorization: null,
      Log: [daemon.logDriver, "none"],
    },
    ...showLimits(daemon.limits, version),
    IPv4Forwarding: machine.ipForwarding(),
    ...(version < 50 ? { BridgeNfIptables: false, BridgeNfIp6tables: false } : {}),
    Debug: daemon.debug(),
    NFd: daemon.openFiles(),
    NGoroutines: 0,
    SystemTime: new Date().toISOString(),
    LoggingDriver: daemon.logDriver,
    CgroupDriver: info.limiter === undefined ? "none" : "cgroupfs",
    CgroupVersion: info.limiter === undefined ? "" : String(info.limiter.version),
    NEventsListener: eventListeners,
    KernelVersion: machine.kernelVersion,
    OperatingSystem: machine.operatingSystem,
    OSVersion: machine.osVersion,
    OSType: "linux",
    Architecture: machine.hardware,
    IndexServerAddress: "https://index.docker.io/v1/",
    RegistryConfig: registryConfig,
    NCPU: machine.cpus,
    MemTotal: machine.memory,
    GenericResources: null,
    DockerRootDir: info.dataRoot,
    HttpProxy: daemon.proxy.http,
    HttpsProxy: daemon.proxy.https,
    NoProxy: daemon.proxy.none,
    Name: machine.hostname,
    Labels: daemon.labels(),
    ExperimentalBuild: false,
    ServerVersion: product.version,
    ...showRuntimes(info),
    LiveRestoreEnabled: true,
    SecurityOptions: daemon.securityOptions,
    Warnings: nullIfEmpty(info.warnings),
  };
}

/** Each is whether the machine can limit it. */
function showLimits(limits: readonly string[], version: number): object {
  const limited = (...names: string[]): boolean => names.every((name) => limits.includes(name));
  return {
    MemoryLimit: limited("memory"),
    SwapLimit: limited("memorySwap"),
    ...(version < 42 ? { KernelMemory: false } : {}),
    KernelMemoryTCP: false,
    CpuCfsPeriod: limited("cpuPeriod"),
    CpuCfsQuota: limited("cpuQuota"),
    CPUShares: limited("cpuShares"),
    CPUSet: limited("cpusetCpus", "cpusetMems"),
    PidsLimit: limited("pids"),
    OomKillDisable: limited("oomKillDisable"),
  };
}

/** What stands where Docker has runc and containerd: the isolation backend under its own name. */
function showRuntimes({ isolationBackend }: EngineInfo): object {
  const none = { ID: "", Expected: "" };
  return {
    Runtimes: { runc: { path: isolationBackend } },
    DefaultRuntime: "runc",
    Swarm: {
      NodeID: "",
      NodeAddr: "",
      LocalNodeState: "inactive",
      ControlAvailable: false,
      Error: "",
      RemoteManagers: null,
    },
    Isolation: "",
    InitBinary: "docker-init",
    ContainerdCommit: none,
    RuncCommit: none,
    InitCommit: none,
  };
}

const registryConfig = {
  AllowNondistributableArtifactsCIDRs: [],
  AllowNondistributableArtifactsHostnames: [],
  InsecureRegistryCIDRs: ["127.0.0.0/8"],
  IndexConfigs: { "docker.io": { Name: "docker.io", Mirrors: [], Secure: true, Official: true } },
  Mirrors: [],
};
