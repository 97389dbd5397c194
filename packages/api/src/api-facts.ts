/** What the API tells of the machine and the daemon, which an engine does not know. Values that change are functions. */
export interface ApiFacts {
  /** Names this engine among others; stays the same for a data root. */
  readonly id: string;
  readonly product: ProductFacts;
  readonly machine: MachineFacts;
  readonly daemon: DaemonFacts;
}

export interface ProductFacts {
  readonly name: string;
  readonly version: string;
  readonly gitCommit: string;
  /** RFC 3339; empty when it is not known. */
  readonly buildTime: string;
}

export interface MachineFacts {
  readonly hostname: string;
  /** As `uname -r` and `uname -m` tell it. */
  readonly kernelVersion: string;
  readonly hardware: string;
  /** As Go names it: `amd64`. */
  readonly architecture: string;
  /** `Debian GNU/Linux 12 (bookworm)` and `12` */
  readonly operatingSystem: string;
  readonly osVersion: string;
  readonly cpus: number;
  /** Bytes. */
  readonly memory: number;
  /** Whether the machine forwards IPv4 between its interfaces. */
  readonly ipForwarding: () => boolean;
}

export interface DaemonFacts {
  readonly debug: () => boolean;
  /** How many files this process has open. */
  readonly openFiles: () => number;
  /** `--label` of the daemon. */
  readonly labels: () => readonly string[];
  readonly proxy: { readonly http: string; readonly https: string; readonly none: string };
  /** The fields of ResourceLimits that this machine can limit. */
  readonly limits: readonly string[];
  /** As `docker info` lists them: `name=seccomp,profile=builtin`. */
  readonly securityOptions: readonly string[];
  readonly logDriver: string;
  readonly volumeDrivers: readonly string[];
}
