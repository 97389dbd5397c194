import { release } from "node:os";

import { EngineError } from "@gantry/core";
import type { DeviceNode, InitProgram, Mount, MountSpec, NamespaceSpec, RuntimeSpec } from "@gantry/core";

import type { ContainerRecord } from "../containers/container-record.ts";
import { resolveTemplate } from "../seccomp/seccomp-template.ts";
import { boundingSet, capabilitySets } from "./capabilities.ts";
import { defaultDevices } from "./devices.ts";
import { processEnvironment } from "./environment.ts";
import type { ResolvedUser } from "./resolve-user.ts";
import { parseSecurityOptions } from "./security-options.ts";
import { containerSysctls } from "./sysctls.ts";
import { systemMounts } from "./system-mounts.ts";
import { maskedPaths, readonlyPaths } from "./system-paths.ts";
import { resourceLimits } from "./ulimits.ts";

export interface RuntimeSpecInput {
  container: Pick<ContainerRecord, "config" | "hostConfig" | "path" | "args">;
  user: ResolvedUser;
  root: readonly Mount[];
  /** Generated files, volumes, binds and tmpfs; one at the place of a system mount replaces it. */
  mounts: readonly MountSpec[];
  /** Whether the container is put into a control group. */
  cgroup: boolean;
  /** The isolation backend's, for a container that asks for one. */
  init?: InitProgram | undefined;
  /** For a privileged container: all of the host's nodes. */
  hostDevices?: readonly DeviceNode[];
}

/**
 * What an isolation backend is asked to run, with Docker's defaults.
 * Errors: `invalid-argument`, naming the field; `unsupported` when an init is asked for and there is none.
 */
export function runtimeSpec(input: RuntimeSpecInput): RuntimeSpec {
  const { container, user, root, cgroup, hostDevices } = input;
  const { config, hostConfig, path, args } = container;
  const init = hostConfig.init ? requireInit(input.init) : undefined;
  const mounts = init === undefined ? input.mounts : [...input.mounts, initMount(init)];
  const { privileged } = hostConfig;
  const hostNetwork = hostConfig.networkMode === "host";
  const bounding = boundingSet({ add: hostConfig.capabilitiesAdd, drop: hostConfig.capabilitiesDrop, privileged });
  const security = parseSecurityOptions(hostConfig.securityOptions);
  const { home, ...processUser } = user;
  const seccomp = privileged ? undefined : security.seccomp;
  const system = systemMounts({ shmSize: hostConfig.shmSize, privileged, cgroup });
  const covered = new Set(mounts.map(({ destination }) => destination));
  return {
    process: {
      args: [...(init === undefined ? [] : [initPath, ...init.arguments]), path, ...args],
      env: processEnvironment({ env: config.env, hostname: config.hostname, terminal: config.terminal, home }),
      cwd: config.workingDirectory || "/",
      user: processUser,
      capabilities: capabilitySets(bounding, user.uid),
      rlimits: resourceLimits(hostConfig.ulimits),
      noNewPrivileges: security.noNewPrivileges,
      terminal: config.terminal,
      ...(hostConfig.consoleSize === undefined ? {} : { consoleSize: hostConfig.consoleSize }),
      ...(hostConfig.oomScoreAdj === 0 ? {} : { oomScoreAdj: hostConfig.oomScoreAdj }),
    },
    root: { mounts: root, readonly: hostConfig.readonlyRoot },
    hostname: config.hostname,
    ...(config.domainname ? { domainname: config.domainname } : {}),
    mounts: [...system.filter(({ destination }) => !covered.has(destination)), ...mounts].toSorted(
      (left, right) => depth(left) - depth(right),
    ),
    namespaces: namespaces(hostNetwork, cgroup),
    devices: hostDevices ?? defaultDevices,
    sysctl: containerSysctls(hostConfig.sysctls, hostNetwork),
    ...(seccomp === undefined
      ? {}
      : {
          seccomp: resolveTemplate(seccomp, {
            capabilities: bounding,
            architecture: process.arch,
            kernelRelease: release(),
          }),
        }),
    maskedPaths: privileged ? [] : maskedPaths(),
    readonlyPaths: privileged ? [] : readonlyPaths,
    rootfsPropagation: "private",
    annotations: {},
  };
}

/** Docker's. */
const initPath = "/sbin/docker-init";

function requireInit(init: InitProgram | undefined): InitProgram {
  if (init !== undefined) return init;
  throw new EngineError("unsupported", "this isolation backend has no init: leave out init", {
    details: { field: "init" },
  });
}

function initMount({ path }: InitProgram): MountSpec {
  return { type: "bind", source: path, destination: initPath, options: ["bind", "ro", "rprivate"] };
}

/** A mount comes after the one that it lies in, or that would hide it. */
function depth({ destination }: MountSpec): number {
  return destination.split("/").length;
}

/** The control group's own name space hides the host's paths on both versions of cgroups. */
function namespaces(hostNetwork: boolean, cgroup: boolean): readonly NamespaceSpec[] {
  return [
    { type: "mount" },
    { type: "pid" },
    { type: "ipc" },
    { type: "uts" },
    ...(hostNetwork ? [] : [{ type: "network" as const }]),
    ...(cgroup ? [{ type: "cgroup" as const }] : []),
  ];
}
