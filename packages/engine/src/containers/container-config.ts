import type { ImageDefaults } from "@gantry/oci";

import type { ContainerConfig, HostConfig } from "../engine.ts";
import { invalidArgument } from "../engine-errors.ts";
import { signalNumber } from "../signals.ts";
import { mergeHealthCheck } from "../health/health-check.ts";
import { mergeEnvironment } from "../spec/environment.ts";
import type { ContainerRecord } from "./container-record.ts";
import { checkRestartPolicy } from "./restart-policy.ts";

const defaultShmSize = 64 * 1024 * 1024;
export const shortIdLength = 12;

/**
 * What was asked for, with the image's defaults where nothing was.
 * Errors: `invalid-argument`, naming the field.
 */
export function mergeConfig(
  asked: ContainerConfig,
  image: ImageDefaults,
  context: { id: string; hostname: string | undefined },
): ContainerRecord["config"] {
  // An entry point of one's own makes the image's command, which are arguments for another, meaningless.
  const command = asked.command?.length ? asked.command : asked.entrypoint === undefined ? image.command : [];
  const config: ContainerRecord["config"] = {
    image: asked.image,
    command,
    entrypoint: (asked.entrypoint ?? image.entrypoint).filter((word, index, all) => all.length > 1 || word !== ""),
    env: mergeEnvironment(image.env, asked.env ?? []),
    workingDirectory: asked.workingDirectory || image.workingDirectory || "",
    user: asked.user || image.user || "",
    hostname: asked.hostname || context.hostname || context.id.slice(0, shortIdLength),
    terminal: asked.terminal ?? false,
    openStdin: asked.openStdin ?? false,
    stdinOnce: asked.stdinOnce ?? false,
    labels: { ...image.labels, ...asked.labels },
    stopSignal: asked.stopSignal || image.stopSignal || "SIGTERM",
    ...optional("domainname", asked.domainname),
    ...optional("stopTimeout", asked.stopTimeout ?? image.stopTimeout),
    ...optional("shell", asked.shell ?? image.shell),
    ...optional("clientFields", asked.clientFields),
    ...optional("healthcheck", mergeHealthCheck(asked.healthcheck, image.healthcheck)),
  };
  checkConfig(config);
  return config;
}

function checkConfig(config: ContainerRecord["config"]): void {
  if (config.command.length + config.entrypoint.length === 0) throw invalidArgument("No command specified");
  const { workingDirectory, hostname } = config;
  if (workingDirectory !== "" && !workingDirectory.startsWith("/")) {
    const message = `the working directory '${workingDirectory}' is invalid, it needs to be an absolute path`;
    throw invalidArgument(message, { field: "workingDirectory" });
  }
  if (!/^[a-zA-Z0-9]([a-zA-Z0-9._-]{0,62})$/.test(hostname)) {
    throw invalidArgument(`invalid hostname format: ${hostname}`, { field: "hostname" });
  }
  for (const entry of config.env) {
    // The value may be a secret: only the name is told.
    const name = entry.split("=", 1)[0]!;
    if (name === "") throw invalidArgument("invalid environment variable: its name is empty", { field: "env" });
    if (entry.includes("\0")) {
      throw invalidArgument(`invalid environment variable ${name}: contains nul byte`, { field: "env" });
    }
  }
  if ([...config.entrypoint, ...config.command].some((word) => word.includes("\0"))) {
    throw invalidArgument("invalid command: contains nul byte", { field: "command" });
  }
  signalNumber(config.stopSignal);
}

/** Docker's defaults where nothing was asked for. Errors: `invalid-argument`, naming the field. */
export function completeHostConfig(asked: Partial<HostConfig>, logDriver: string): HostConfig {
  const hostConfig: HostConfig = {
    resources: asked.resources ?? {},
    binds: asked.binds ?? [],
    tmpfs: asked.tmpfs ?? {},
    networkMode: asked.networkMode ?? "none",
    readonlyRoot: asked.readonlyRoot ?? false,
    autoRemove: asked.autoRemove ?? false,
    privileged: asked.privileged ?? false,
    capabilitiesAdd: asked.capabilitiesAdd ?? [],
    capabilitiesDrop: asked.capabilitiesDrop ?? [],
    securityOptions: asked.securityOptions ?? [],
    groupAdd: asked.groupAdd ?? [],
    ulimits: asked.ulimits ?? [],
    sysctls: asked.sysctls ?? {},
    shmSize: asked.shmSize || defaultShmSize,
    oomScoreAdj: asked.oomScoreAdj ?? 0,
    logDriver: asked.logDriver ?? { name: logDriver, options: {} },
    restartPolicy: checkRestartPolicy(asked.restartPolicy, asked.autoRemove ?? false),
    init: asked.init ?? false,
    ...optional("consoleSize", asked.consoleSize),
  };
  checkHostConfig(hostConfig, logDriver);
  return hostConfig;
}

function optional<K extends string, V>(name: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { [P in K]: V });
}

function checkHostConfig(hostConfig: HostConfig, logDriver: string): void {
  const { networkMode, shmSize, oomScoreAdj } = hostConfig;
  if (networkMode !== "none" && networkMode !== "host") {
    throw invalidArgument(`network ${String(networkMode)} not found: this engine knows none and host`, {
      field: "networkMode",
    });
  }
  if (shmSize < 0) throw invalidArgument("SHM size can not be less than 0", { field: "shmSize" });
  if (oomScoreAdj < -1000 || oomScoreAdj > 1000) {
    throw invalidArgument(`Invalid value ${oomScoreAdj}, range for oom score adj is [-1000, 1000]`, {
      field: "oomScoreAdj",
    });
  }
  const { name } = hostConfig.logDriver;
  if (name !== logDriver && name !== "none") {
    throw invalidArgument(`logger: no log driver named '${name}' is registered`, { field: "logDriver" });
  }
}
