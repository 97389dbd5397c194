import type { ContainerRecord, ContainerState, ContainerSummary, HostConfig } from "@gantry/engine";

import { knownTime, timeOf } from "../wire/timestamps.ts";
import type {
  ConfigJson,
  ContainerJson,
  ContainerListJson,
  HealthcheckJson,
  HostConfigJson,
  MountJson,
  ResourcesJson,
  StateJson,
} from "./container-json.ts";
import { defined } from "./defined.ts";

type Status = ContainerState["status"];

/** A list tells of a state in words alone: the exit code is read from them, times it has none. */
export function containerSummary(json: ContainerListJson): ContainerSummary {
  return {
    id: json.Id,
    name: (json.Names?.[0] ?? "").replace(/^\//, ""),
    image: json.Image ?? "",
    imageId: json.ImageID ?? "",
    command: json.Command ?? "",
    createdAt: timeOf(json.Created),
    state: {
      status: (json.State ?? "created") as Status,
      pid: 0,
      exitCode: Number(/\((\d+)\)/.exec(json.Status ?? "")?.[1] ?? 0),
      error: "",
      oomKilled: false,
    },
    labels: json.Labels ?? {},
  };
}

/** A container as an inspection shows it. What only the engine itself keeps is empty. */
export function containerRecord(json: ContainerJson): ContainerRecord {
  return {
    id: json.Id,
    name: (json.Name ?? "").replace(/^\//, ""),
    createdAt: json.Created ?? "",
    imageId: json.Image ?? "",
    image: json.Config?.Image ?? "",
    config: containerConfig(json.Config ?? {}),
    hostConfig: hostConfig(json.HostConfig ?? {}),
    path: json.Path ?? "",
    args: json.Args ?? [],
    state: containerState(json.State ?? {}),
    restartCount: json.RestartCount ?? 0,
    mounts: (json.Mounts ?? []).map(mountPoint),
    anonymousVolumes: [],
    outputBase: 0,
  };
}

function containerConfig(json: ConfigJson): ContainerRecord["config"] {
  return {
    image: json.Image ?? "",
    command: json.Cmd ?? [],
    entrypoint: json.Entrypoint ?? [],
    env: json.Env ?? [],
    workingDirectory: json.WorkingDir ?? "",
    user: json.User ?? "",
    hostname: json.Hostname ?? "",
    terminal: json.Tty ?? false,
    openStdin: json.OpenStdin ?? false,
    stdinOnce: json.StdinOnce ?? false,
    labels: json.Labels ?? {},
    stopSignal: json.StopSignal ?? "SIGTERM",
    ...defined({
      domainname: json.Domainname || undefined,
      stopTimeout: json.StopTimeout,
      healthcheck: json.Healthcheck ? healthcheck(json.Healthcheck) : undefined,
      shell: json.Shell ?? undefined,
    }),
  };
}

function healthcheck(json: HealthcheckJson): NonNullable<ContainerRecord["config"]["healthcheck"]> {
  return {
    test: json.Test ?? [],
    ...defined({
      interval: json.Interval,
      timeout: json.Timeout,
      startPeriod: json.StartPeriod,
      startInterval: json.StartInterval,
      retries: json.Retries,
    }),
  };
}

function hostConfig(json: HostConfigJson): HostConfig {
  const [rows = 0, columns = 0] = json.ConsoleSize ?? [];
  return {
    resources: resources(json),
    binds: json.Binds ?? [],
    tmpfs: json.Tmpfs ?? {},
    networkMode: (json.NetworkMode ?? "none") as HostConfig["networkMode"],
    readonlyRoot: json.ReadonlyRootfs ?? false,
    autoRemove: json.AutoRemove ?? false,
    restartPolicy: {
      name: (json.RestartPolicy?.Name || "no") as HostConfig["restartPolicy"]["name"],
      maximumRetryCount: json.RestartPolicy?.MaximumRetryCount ?? 0,
    },
    init: json.Init ?? false,
    privileged: json.Privileged ?? false,
    capabilitiesAdd: json.CapAdd ?? [],
    capabilitiesDrop: json.CapDrop ?? [],
    securityOptions: json.SecurityOpt ?? [],
    groupAdd: json.GroupAdd ?? [],
    ulimits: (json.Ulimits ?? []).map(({ Name, Soft, Hard }) => ({ name: Name, soft: Soft, hard: Hard })),
    sysctls: json.Sysctls ?? {},
    shmSize: json.ShmSize ?? 0,
    oomScoreAdj: json.OomScoreAdj ?? 0,
    logDriver: { name: json.LogConfig?.Type ?? "", options: json.LogConfig?.Config ?? {} },
    ...(rows > 0 ? { consoleSize: { rows, columns } } : {}),
  };
}

/** 0 stands for no limit. */
function resources(json: ResourcesJson): HostConfig["resources"] {
  return defined({
    memory: json.Memory || undefined,
    memorySwap: json.MemorySwap || undefined,
    memoryReservation: json.MemoryReservation || undefined,
    memorySwappiness: json.MemorySwappiness ?? undefined,
    oomKillDisable: json.OomKillDisable ?? undefined,
    cpuShares: json.CpuShares || undefined,
    cpuQuota: json.CpuQuota || undefined,
    cpuPeriod: json.CpuPeriod || undefined,
    cpusetCpus: json.CpusetCpus || undefined,
    cpusetMems: json.CpusetMems || undefined,
    nanoCpus: json.NanoCpus || undefined,
    pids: json.PidsLimit || undefined,
    blkioWeight: json.BlkioWeight || undefined,
  });
}

function containerState(json: StateJson): ContainerState {
  const health = json.Health?.Status === "none" ? undefined : json.Health;
  return {
    status: (json.Status ?? "created") as Status,
    pid: json.Pid ?? 0,
    exitCode: json.ExitCode ?? 0,
    error: json.Error ?? "",
    oomKilled: json.OOMKilled ?? false,
    ...defined({
      startedAt: knownTime(json.StartedAt),
      finishedAt: knownTime(json.FinishedAt),
      health: health ? healthState(health) : undefined,
    }),
  };
}

function healthState(json: NonNullable<StateJson["Health"]>): NonNullable<ContainerState["health"]> {
  return {
    status: (json.Status ?? "starting") as "starting",
    failingStreak: json.FailingStreak ?? 0,
    log: (json.Log ?? []).map(({ Start = "", End = "", ExitCode = 0, Output = "" }) => ({
      start: Start,
      end: End,
      exitCode: ExitCode,
      output: Output,
    })),
  };
}

function mountPoint(json: MountJson): ContainerRecord["mounts"][number] {
  return {
    type: (json.Type ?? "bind") as "bind",
    source: json.Type === "volume" ? (json.Name ?? "") : (json.Source ?? ""),
    destination: json.Destination ?? "",
    readonly: json.RW === false,
    options: [],
  };
}
