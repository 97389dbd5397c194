import { arch, availableParallelism, hostname, release, totalmem } from "node:os";

import type { EngineInfo } from "@gantry/engine";

const architectures: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

/** `GET /version`, in the words of Docker's API. */
export function systemVersion({ version }: EngineInfo): object {
  return {
    Version: version,
    Os: "linux",
    Arch: architectures[arch()] ?? arch(),
    KernelVersion: release(),
    Components: [{ Name: "Engine", Version: version, Details: { Product: "Gantry" } }],
  };
}

/** `GET /info`, in the words of Docker's API. */
export function systemInfo({ containers, limiter, ...info }: EngineInfo): object {
  return {
    Name: hostname(),
    ServerVersion: info.version,
    OSType: "linux",
    Architecture: arch() === "x64" ? "x86_64" : arch(),
    KernelVersion: release(),
    NCPU: availableParallelism(),
    MemTotal: totalmem(),
    Containers: containers.total,
    ContainersRunning: containers.running,
    ContainersPaused: containers.paused,
    ContainersStopped: containers.stopped,
    Images: info.images,
    Driver: info.storageDriver,
    IsolationBackend: info.isolationBackend,
    CgroupVersion: limiter === undefined ? "" : String(limiter.version),
    DockerRootDir: info.dataRoot,
    Warnings: info.warnings,
  };
}
