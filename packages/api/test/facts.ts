import type { ApiFacts } from "../src/index.ts";

export const facts: ApiFacts = {
  id: "AAAA:BBBB",
  product: { name: "Gantry", version: "1.2.3", gitCommit: "abc", buildTime: "2026-01-01T00:00:00Z" },
  machine: {
    hostname: "host",
    kernelVersion: "6.1.0",
    hardware: "x86_64",
    architecture: "amd64",
    operatingSystem: "Debian GNU/Linux 12 (bookworm)",
    osVersion: "12",
    cpus: 2,
    memory: 1_000_000_000,
    ipForwarding: () => true,
  },
  daemon: {
    debug: () => false,
    openFiles: () => 7,
    labels: () => ["a=b"],
    proxy: { http: "", https: "", none: "" },
    limits: ["memory", "memorySwap", "cpuShares", "cpuQuota", "cpuPeriod", "cpusetCpus", "cpusetMems", "pids"],
    securityOptions: ["name=seccomp,profile=builtin"],
    logDriver: "json-file",
    volumeDrivers: ["local"],
  },
};
