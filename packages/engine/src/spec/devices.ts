import { readdir, stat } from "node:fs/promises";

import type { DeviceNode, DeviceRule } from "@gantry/core";

const openMode = 0o666;

/** The nodes that every container has in /dev. */
export const defaultDevices: readonly DeviceNode[] = [
  character("/dev/null", 1, 3),
  character("/dev/zero", 1, 5),
  character("/dev/full", 1, 7),
  character("/dev/random", 1, 8),
  character("/dev/urandom", 1, 9),
  character("/dev/tty", 5, 0),
];

/** What the container's control group lets it open. Any node may be made, but those only be used. */
export const defaultDeviceRules: readonly DeviceRule[] = [
  { allow: false, type: "a", access: "rwm" },
  { allow: true, type: "c", access: "m" },
  { allow: true, type: "b", access: "m" },
  allowCharacter(1, 3),
  allowCharacter(1, 5),
  allowCharacter(1, 7),
  allowCharacter(1, 8),
  allowCharacter(1, 9),
  allowCharacter(5, 0),
  allowCharacter(5, 1),
  allowCharacter(5, 2),
  { allow: true, type: "c", major: 136, access: "rwm" },
];

export const privilegedDeviceRules: readonly DeviceRule[] = [{ allow: true, type: "a", access: "rwm" }];

/** Every node in the host's /dev, for a privileged container; its terminals and mounts beneath are left out. */
export async function hostDevices(): Promise<readonly DeviceNode[]> {
  const left = new Set(["pts", "shm", "fd", "mqueue", "console", "ptmx"]);
  const names = (await readdir("/dev", { withFileTypes: true })).filter(({ name }) => !left.has(name));
  const nodes = await Promise.all(
    names
      .filter((entry) => entry.isCharacterDevice() || entry.isBlockDevice())
      .map(async (entry): Promise<DeviceNode> => {
        const path = `/dev/${entry.name}`;
        const { rdev, mode, uid, gid } = await stat(path);
        const type = entry.isBlockDevice() ? "block" : "character";
        return { path, type, ...deviceNumbers(rdev), mode: mode & 0o777, uid, gid };
      }),
  );
  return nodes.toSorted((left_, right) => (left_.path < right.path ? -1 : 1));
}

/** Splits a device number as the C library's `major` and `minor` do. */
function deviceNumbers(device: number): { major: number; minor: number } {
  return { major: (device >>> 8) & 0xfff, minor: (device & 0xff) | ((device >>> 12) & 0xfff00) };
}

function character(path: string, major: number, minor: number): DeviceNode {
  return { path, type: "character", major, minor, mode: openMode, uid: 0, gid: 0 };
}

function allowCharacter(major: number, minor: number): DeviceRule {
  return { allow: true, type: "c", major, minor, access: "rwm" };
}
