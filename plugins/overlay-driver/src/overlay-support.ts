import { readFileSync, statfsSync } from "node:fs";

import { EngineError, type HostFacts, type Support, supported, unsupported } from "@gantry/core";

/** File systems that overlayfs cannot write to, by the magic number of statfs(2). */
const unfitRoots = new Map([
  [0x794c7630, "overlayfs"],
  [0x61756673, "aufs"],
  [0x6969, "NFS"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB"],
  [0x01021997, "9p"],
  [0x4d44, "FAT"],
  [0xf15f, "eCryptfs"],
]);

export function probe(host: HostFacts): Support {
  if (!host.filesystems.has("overlay")) {
    return unsupported("this kernel has no overlayfs: load it with `modprobe overlay`, or use @gantry/vfs-driver");
  }
  if (host.uid !== 0) return unsupported("overlayfs needs root: run the engine as root, or use @gantry/vfs-driver");
  return supported();
}

/** Errors: `unsupported` when overlayfs cannot write on the file system that holds `root`. */
export function checkRoot(root: string): void {
  const name = unfitRoots.get(statfsSync(root).type);
  if (name === undefined) return;
  const remedy = "choose a data root on a local file system such as ext4, xfs or tmpfs, or use @gantry/vfs-driver";
  throw new EngineError("unsupported", `overlayfs cannot write to ${root}, which is on ${name}: ${remedy}`, {
    details: { root, filesystem: name },
  });
}

/**
 * Features that change the format of the upper directory in ways a layer cannot express, as mount options; only those that this
 * kernel has switched on, because mount data are scarce.
 */
export function optionsToSwitchOff(parameters = "/sys/module/overlay/parameters"): readonly string[] {
  return ["index", "redirect_dir", "metacopy"]
    .filter((name) => parameter(`${parameters}/${name}`) === "Y")
    .map((name) => `${name}=off`);
}

function parameter(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    // A kernel without the parameter has no such feature.
    return "";
  }
}
