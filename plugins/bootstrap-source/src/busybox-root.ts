import { chmod, copyFile, link, mkdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { EngineError, type ResolveOptions } from "@gantry/core";

import { type MadeRoot, defaultPath, sourceDateEpoch } from "./made-root.ts";
import { runProgram } from "./run-program.ts";
import { isStaticProgram } from "./static-program.ts";

const directories: readonly (readonly [string, number])[] = [
  ...["bin", "dev", "etc", "home", "mnt", "proc", "run", "sbin", "sys", "usr", "usr/bin", "usr/sbin", "var"].map(
    (name) => [name, 0o755] as const,
  ),
  ["root", 0o700],
  ["tmp", 0o1777],
  ["var/tmp", 0o1777],
];

const files: readonly (readonly [string, string])[] = [
  [
    "etc/passwd",
    "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/bin/false\nnobody:x:65534:65534:nobody:/:/bin/false\n",
  ],
  ["etc/group", "root:x:0:\ndaemon:x:1:\ntty:x:5:\nusers:x:100:\nnogroup:x:65534:\n"],
  ["etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"],
];

/**
 * Makes the root of the `busybox` image in an empty directory: Debian's static busybox under the names of all its applets.
 * Errors: `unavailable` when no static busybox is installed and it cannot be downloaded by apt.
 */
export async function makeBusyboxRoot(directory: string, options: ResolveOptions): Promise<MadeRoot> {
  const root = join(directory, "root");
  await mkdir(root);
  for (const [name, mode] of directories) {
    await mkdir(join(root, name));
    await chmod(join(root, name), mode);
  }
  for (const [name, content] of files) {
    await writeFile(join(root, name), content);
    await chmod(join(root, name), 0o644);
  }
  const program = await staticBusybox(directory, options);
  const busybox = join(root, "bin/busybox");
  await copyFile(program, busybox);
  await chmod(busybox, 0o755);
  await linkApplets(root, busybox, options.signal);
  return {
    directory: root,
    defaults: { env: [defaultPath], command: ["sh"] },
    createdBy: "busybox-static of the host's distribution",
    time: sourceDateEpoch() ?? Math.floor((await stat(program)).mtimeMs / 1000),
    applyTime: "all",
  };
}

async function linkApplets(root: string, busybox: string, signal?: AbortSignal): Promise<void> {
  const applets = (await runProgram([busybox, "--list-full"], { signal })).split("\n");
  for (const applet of applets) {
    if (applet === "" || applet === "bin/busybox" || applet === "linuxrc") continue;
    await mkdir(join(root, dirname(applet)), { recursive: true });
    await link(busybox, join(root, applet));
  }
}

/** The host's own where it is static, else Debian's package, unpacked aside. */
async function staticBusybox(directory: string, options: ResolveOptions): Promise<string> {
  for (const path of ["/bin/busybox", "/usr/bin/busybox"]) if (await isStaticProgram(path)) return path;
  options.progress?.({ id: "busybox", status: "Fetching busybox-static" });
  return downloadBusybox(directory, options.signal);
}

/** @param directory where the package is unpacked */
export async function downloadBusybox(directory: string, signal?: AbortSignal): Promise<string> {
  const package_ = join(directory, "package");
  await mkdir(package_);
  const download = ["-o", "APT::Sandbox::User=root", "-o", "Acquire::Check-Valid-Until=false", "download"];
  await runProgram(["apt-get", ...download, "busybox-static"], { directory: package_, signal });
  await runProgram(["sh", "-c", "exec dpkg-deb --extract ./busybox-static_*.deb ."], { directory: package_, signal });
  for (const name of ["bin/busybox", "usr/bin/busybox"]) {
    const path = join(package_, name);
    if (await isStaticProgram(path)) return path;
  }
  throw new EngineError("unavailable", "the package busybox-static holds no static busybox");
}
