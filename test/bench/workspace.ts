import { execFileSync } from "node:child_process";
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync, symlinkSync, copyFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import type { BenchWorkspace } from "./runner.ts";

export function findProgram(name: string): string | undefined {
  const directories = (process.env["PATH"] ?? "").split(delimiter).concat("/usr/sbin", "/sbin");
  return directories.map((directory) => join(directory, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A root file system of busybox alone, as a directory and as a tar file. */
export function makeWorkspace(): BenchWorkspace {
  const busybox = findProgram("busybox");
  if (busybox === undefined) throw new Error("busybox is missing: apt-get install busybox-static");
  const directory = mkdtempSync(join(tmpdir(), "gantry-bench-"));
  const cleanup = new AsyncDisposableStack();
  cleanup.defer(() => rmSync(directory, { recursive: true, force: true }));
  const rootfs = join(directory, "rootfs");
  for (const name of ["bin", "proc", "sys", "dev", "etc", "tmp"]) mkdirSync(join(rootfs, name), { recursive: true });
  copyFileSync(busybox, join(rootfs, "bin/busybox"));
  for (const name of ["true", "sh"]) symlinkSync("busybox", join(rootfs, "bin", name));
  const tarball = join(directory, "rootfs.tar");
  execFileSync("tar", ["-C", rootfs, "-cf", tarball, "."]);
  return { directory, rootfs, tarball, cleanup };
}
