import { readFileSync, readdirSync } from "node:fs";
import { availableParallelism, hostname, machine, release, totalmem } from "node:os";

import type { ApiFacts, MachineFacts, ProductFacts } from "@gantry/api";
import { IsolationBackend, type Kernel, LogDriver, ResourceLimiter, VolumeDriver } from "@gantry/core";
import { platformOf } from "@gantry/oci";

export interface FactsInput {
  id: string;
  version: string;
  kernel: Kernel;
  labels: () => readonly string[];
  debug: () => boolean;
}

/** What the API tells beyond the engine: of this machine, this process, and the plugins that are wired. */
export function apiFacts({ id, version, kernel, labels, debug }: FactsInput): ApiFacts {
  const { env } = process;
  return {
    id,
    product: productFacts(version),
    machine: machineFacts(),
    daemon: {
      debug,
      openFiles: () => readdirSync("/proc/self/fd").length,
      labels,
      proxy: {
        http: env["HTTP_PROXY"] ?? env["http_proxy"] ?? "",
        https: env["HTTPS_PROXY"] ?? env["https_proxy"] ?? "",
        none: env["NO_PROXY"] ?? env["no_proxy"] ?? "",
      },
      limits: kernel.get(ResourceLimiter).features.limits,
      securityOptions: [
        ...(kernel.get(IsolationBackend).features.seccomp ? ["name=seccomp,profile=builtin"] : []),
        "name=cgroupns",
      ],
      logDriver: kernel.get(LogDriver).name,
      volumeDrivers: [kernel.get(VolumeDriver).name],
    },
  };
}

function productFacts(version: string): ProductFacts {
  return { name: "Gantry", version, gitCommit: "", buildTime: "" };
}

function machineFacts(): MachineFacts {
  const system = operatingSystem();
  return {
    hostname: hostname(),
    kernelVersion: release(),
    hardware: machine(),
    architecture: platformOf(process.arch).architecture,
    operatingSystem: system.name,
    osVersion: system.version,
    cpus: availableParallelism(),
    memory: totalmem(),
    ipForwarding: () => readOptional("/proc/sys/net/ipv4/ip_forward").trim() === "1",
  };
}

/** As os-release(5) tells it; a system without such a file is Linux. */
function operatingSystem(): { name: string; version: string } {
  const text = readOptional("/etc/os-release") || readOptional("/usr/lib/os-release");
  const value = (key: string): string | undefined => new RegExp(`^${key}=(["']?)(.*)\\1$`, "m").exec(text)?.[2];
  return { name: value("PRETTY_NAME") ?? "Linux", version: value("VERSION_ID") ?? "" };
}

function readOptional(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
