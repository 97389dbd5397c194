import { globSync, readFileSync, readdirSync, readlinkSync } from "node:fs";

import { eventually } from "./eventually.ts";

/** What a container engine can leave behind on a machine, one line for each thing. */
export function machineState(): ReadonlySet<string> {
  return new Set([...mounts(), ...groups(), ...processes()]);
}

/** What is there now and was not before; waits a little for what is going away by itself. */
export async function leftBehind(before: ReadonlySet<string>): Promise<string[]> {
  const added = () => [...machineState()].filter((line) => !before.has(line));
  return eventually(added, (lines) => lines.length === 0, 5000);
}

function mounts(): string[] {
  const lines = readFileSync("/proc/self/mountinfo", "utf8").trimEnd().split("\n");
  return lines.map((line) => `mount on ${line.split(" ")[4]!}`);
}

function groups(): string[] {
  return globSync("/sys/fs/cgroup/**/*gantry*/**", { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `cgroup ${entry.parentPath}/${entry.name}`);
}

/** The native helper's processes, and all that run in namespaces of their own. */
function processes(): string[] {
  const own = namespaces("self");
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const apart = namespaces(pid).filter((namespace) => !own.includes(namespace));
        const helper = readlinkSync(`/proc/${pid}/exe`).includes("gantry-helper");
        if (apart.length === 0 && !helper) return [];
        const name = readFileSync(`/proc/${pid}/comm`, "utf8").trim();
        return [`process ${pid} (${name})`, ...apart.map((namespace) => `namespace ${namespace}`)];
      } catch {
        return []; // It ended while we looked, or it belongs to the kernel.
      }
    });
}

function namespaces(pid: string): string[] {
  return ["mnt", "pid", "net", "ipc", "uts"].map((type) => readlinkSync(`/proc/${pid}/ns/${type}`));
}
