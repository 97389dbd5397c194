import { EngineError } from "@gantry/core";
import type { ContainerConfig, ContainerUpdate, CreateContainer, HostConfig } from "@gantry/engine";

import type { ConfigJson, HealthcheckJson, HostConfigJson, ResourcesJson } from "./container-json.ts";
import { defined } from "./defined.ts";

/** The body of `POST /containers/create`. Fields that were not asked for are left out: the defaults are the server's. */
export function createRequest({ config, hostConfig = {} }: CreateContainer): object {
  return { ...config.clientFields, ...configRequest(config), HostConfig: hostConfigRequest(hostConfig) };
}

export function configRequest(config: Partial<ContainerConfig>): ConfigJson {
  return defined({
    Image: config.image,
    Cmd: config.command,
    Entrypoint: config.entrypoint?.length === 0 ? [""] : config.entrypoint,
    Env: config.env,
    WorkingDir: config.workingDirectory,
    User: config.user,
    Hostname: config.hostname,
    Domainname: config.domainname,
    Tty: config.terminal,
    OpenStdin: config.openStdin,
    StdinOnce: config.stdinOnce,
    Labels: config.labels,
    StopSignal: config.stopSignal,
    StopTimeout: config.stopTimeout,
    Healthcheck: config.healthcheck === undefined ? undefined : healthcheckRequest(config.healthcheck),
    Shell: config.shell,
  });
}

function healthcheckRequest(check: NonNullable<ContainerConfig["healthcheck"]>): HealthcheckJson {
  return defined({
    Test: check.test,
    Interval: check.interval,
    Timeout: check.timeout,
    StartPeriod: check.startPeriod,
    StartInterval: check.startInterval,
    Retries: check.retries,
  });
}

function hostConfigRequest(host: Partial<HostConfig>): HostConfigJson {
  return defined({
    ...(host.resources === undefined ? {} : resourcesRequest(host.resources)),
    Binds: host.binds,
    Tmpfs: host.tmpfs,
    NetworkMode: host.networkMode,
    ReadonlyRootfs: host.readonlyRoot,
    AutoRemove: host.autoRemove,
    RestartPolicy: host.restartPolicy === undefined ? undefined : restartPolicyRequest(host.restartPolicy),
    Init: host.init,
    Privileged: host.privileged,
    CapAdd: host.capabilitiesAdd,
    CapDrop: host.capabilitiesDrop,
    SecurityOpt: host.securityOptions,
    GroupAdd: host.groupAdd,
    Ulimits: host.ulimits?.map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard })),
    Sysctls: host.sysctls,
    ShmSize: host.shmSize,
    OomScoreAdj: host.oomScoreAdj,
    LogConfig: host.logDriver === undefined ? undefined : { Type: host.logDriver.name, Config: host.logDriver.options },
    ConsoleSize: host.consoleSize === undefined ? undefined : [host.consoleSize.rows, host.consoleSize.columns],
  });
}

/** The body of `POST /containers/{id}/update`. */
export function updateRequest({ resources, restartPolicy }: ContainerUpdate): object {
  return {
    ...(resources === undefined ? {} : resourcesRequest(resources)),
    ...(restartPolicy === undefined ? {} : { RestartPolicy: restartPolicyRequest(restartPolicy) }),
  };
}

function restartPolicyRequest({ name, maximumRetryCount }: HostConfig["restartPolicy"]): object {
  return { Name: name, MaximumRetryCount: maximumRetryCount };
}

/** Errors: `unsupported` for limits of devices by number, which the API has by path only. */
function resourcesRequest(limits: HostConfig["resources"]): ResourcesJson {
  for (const field of ["blkioReadBps", "blkioWriteBps", "blkioReadIops", "blkioWriteIops"] as const) {
    if (limits[field] === undefined) continue;
    throw new EngineError("unsupported", `resources.${field} cannot be sent to another engine: leave it out`, {
      details: { field },
    });
  }
  return defined({
    Memory: limits.memory,
    MemorySwap: limits.memorySwap,
    MemoryReservation: limits.memoryReservation,
    MemorySwappiness: limits.memorySwappiness,
    OomKillDisable: limits.oomKillDisable,
    CpuShares: limits.cpuShares,
    CpuQuota: limits.cpuQuota,
    CpuPeriod: limits.cpuPeriod,
    CpusetCpus: limits.cpusetCpus,
    CpusetMems: limits.cpusetMems,
    NanoCpus: limits.nanoCpus,
    PidsLimit: limits.pids,
    BlkioWeight: limits.blkioWeight,
  });
}
