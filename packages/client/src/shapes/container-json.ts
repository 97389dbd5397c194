/** `GET /containers/json`, as far as it is read. */
export interface ContainerListJson {
  Id: string;
  Names?: readonly string[] | null;
  Image?: string;
  ImageID?: string;
  Command?: string;
  Created?: number;
  State?: string;
  Status?: string;
  Labels?: Record<string, string> | null;
}

/** `GET /containers/{id}/json`, as far as it is read. */
export interface ContainerJson {
  Id: string;
  Name?: string;
  Created?: string;
  Path?: string;
  Args?: readonly string[] | null;
  Image?: string;
  RestartCount?: number;
  State?: StateJson;
  Config?: ConfigJson;
  HostConfig?: HostConfigJson;
  Mounts?: readonly MountJson[] | null;
}

export interface StateJson {
  Status?: string;
  Pid?: number;
  ExitCode?: number;
  Error?: string;
  OOMKilled?: boolean;
  StartedAt?: string;
  FinishedAt?: string;
  Health?: {
    Status?: string;
    FailingStreak?: number;
    Log?: readonly { Start?: string; End?: string; ExitCode?: number; Output?: string }[] | null;
  } | null;
}

export interface HealthcheckJson {
  Test?: readonly string[] | null;
  Interval?: number;
  Timeout?: number;
  StartPeriod?: number;
  StartInterval?: number;
  Retries?: number;
}

export interface ConfigJson {
  Image?: string;
  Cmd?: readonly string[] | null;
  Entrypoint?: readonly string[] | null;
  Env?: readonly string[] | null;
  WorkingDir?: string;
  User?: string;
  Hostname?: string;
  Domainname?: string;
  Tty?: boolean;
  OpenStdin?: boolean;
  StdinOnce?: boolean;
  AttachStdin?: boolean;
  AttachStdout?: boolean;
  AttachStderr?: boolean;
  Labels?: Record<string, string> | null;
  StopSignal?: string;
  StopTimeout?: number;
  Healthcheck?: HealthcheckJson | null;
  Shell?: readonly string[] | null;
  Volumes?: Record<string, object> | null;
  ExposedPorts?: Record<string, object> | null;
}

export interface ResourcesJson {
  Memory?: number;
  MemorySwap?: number;
  MemoryReservation?: number;
  MemorySwappiness?: number | null;
  OomKillDisable?: boolean | null;
  CpuShares?: number;
  CpuQuota?: number;
  CpuPeriod?: number;
  CpusetCpus?: string;
  CpusetMems?: string;
  NanoCpus?: number;
  PidsLimit?: number | null;
  BlkioWeight?: number;
}

export interface RestartPolicyJson {
  Name?: string;
  MaximumRetryCount?: number;
}

export interface HostConfigJson extends ResourcesJson {
  Binds?: readonly string[] | null;
  Tmpfs?: Record<string, string> | null;
  NetworkMode?: string;
  ReadonlyRootfs?: boolean;
  AutoRemove?: boolean;
  RestartPolicy?: RestartPolicyJson;
  Init?: boolean | null;
  Privileged?: boolean;
  CapAdd?: readonly string[] | null;
  CapDrop?: readonly string[] | null;
  SecurityOpt?: readonly string[] | null;
  GroupAdd?: readonly string[] | null;
  Ulimits?: readonly { Name: string; Soft: number; Hard: number }[] | null;
  Sysctls?: Record<string, string> | null;
  ShmSize?: number;
  OomScoreAdj?: number;
  LogConfig?: { Type?: string; Config?: Record<string, string> | null };
  ConsoleSize?: readonly number[];
}

export interface MountJson {
  Type?: string;
  Name?: string;
  Source?: string;
  Destination?: string;
  RW?: boolean;
}
