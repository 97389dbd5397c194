import { type ContainerRecord, maskedPaths, readonlyPaths } from "@gantry/engine";

import { clientFieldsOf } from "./client-fields.ts";
import { nullIfEmpty } from "./defined.ts";
import { showResources } from "./resources.ts";

/** `HostConfig` of an inspection: what the engine keeps, and what the client said besides. */
export function showHostConfig(container: ContainerRecord): object {
  const { hostConfig } = container;
  const { logDriver, restartPolicy, consoleSize, ulimits, privileged } = hostConfig;
  return {
    Binds: nullIfEmpty(hostConfig.binds),
    ContainerIDFile: "",
    LogConfig: { Type: logDriver.name, Config: logDriver.options },
    NetworkMode: hostConfig.networkMode,
    PortBindings: {},
    RestartPolicy: { Name: restartPolicy.name, MaximumRetryCount: restartPolicy.maximumRetryCount },
    AutoRemove: hostConfig.autoRemove,
    VolumeDriver: "",
    VolumesFrom: null,
    ConsoleSize: [consoleSize?.rows ?? 0, consoleSize?.columns ?? 0],
    CapAdd: nullIfEmpty(hostConfig.capabilitiesAdd),
    CapDrop: nullIfEmpty(hostConfig.capabilitiesDrop),
    CgroupnsMode: "private",
    Dns: [],
    DnsOptions: [],
    DnsSearch: [],
    ExtraHosts: null,
    GroupAdd: nullIfEmpty(hostConfig.groupAdd),
    IpcMode: "private",
    Cgroup: "",
    Links: null,
    OomScoreAdj: hostConfig.oomScoreAdj,
    PidMode: "",
    Privileged: privileged,
    PublishAllPorts: false,
    ReadonlyRootfs: hostConfig.readonlyRoot,
    SecurityOpt: nullIfEmpty(hostConfig.securityOptions),
    ...(Object.keys(hostConfig.tmpfs).length === 0 ? {} : { Tmpfs: hostConfig.tmpfs }),
    UTSMode: "",
    UsernsMode: "",
    ShmSize: hostConfig.shmSize,
    ...(Object.keys(hostConfig.sysctls).length === 0 ? {} : { Sysctls: hostConfig.sysctls }),
    Runtime: "runc",
    Isolation: "",
    ...showResources(hostConfig.resources),
    Ulimits: ulimits.map(({ name, soft, hard }) => ({ Name: name, Hard: hard, Soft: soft })),
    MaskedPaths: privileged ? null : maskedPaths(),
    ReadonlyPaths: privileged ? null : readonlyPaths,
    ...(hostConfig.init ? { Init: true } : {}),
    ...clientFieldsOf(container).HostConfig,
  };
}
