import path from "node:path/posix";

import { invalidArgument } from "../engine-errors.ts";
import type { MountPoint } from "../containers/container-record.ts";

const propagations = ["private", "rprivate", "shared", "rshared", "slave", "rslave"];
/** Accepted for the sake of other hosts: labels of SELinux, and hints for file sharing. */
const ignoredModes = ["z", "Z", "cached", "delegated", "consistent"];

/**
 * Reads one `-v` value: `/host:/container[:modes]`, `name:/container[:modes]`, or `/container` for an anonymous volume, whose
 * `source` is then empty.
 * Errors: `invalid-argument` in Docker's words.
 */
export function parseBind(spec: string): MountPoint {
  const parts = spec.split(":");
  if (parts.length > 3 || parts.some((part) => part === "")) throw invalidSpec(spec);
  const [source, destination, mode] = parts.length === 1 ? ["", parts[0]!, ""] : [parts[0]!, parts[1]!, parts[2] ?? ""];
  const target = checkDestination(spec, destination);
  const modes = mode === "" ? [] : mode.split(",");
  for (const item of modes) {
    const known = ["ro", "rw", "nocopy", ...propagations, ...ignoredModes];
    if (!known.includes(item)) throw invalidArgument(`invalid mode: ${mode}`, { field: "binds" });
  }
  const bind = source.startsWith("/");
  if (!bind && source !== "" && !/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(source)) {
    throw invalidArgument(
      `${JSON.stringify(source)} includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are ` +
        "allowed. If you intended to pass a host directory, use absolute path",
      { field: "binds" },
    );
  }
  return {
    type: bind ? "bind" : "volume",
    source: bind ? path.normalize(source) : source,
    destination: target,
    readonly: modes.includes("ro"),
    options: bind ? ["rbind", modes.find((item) => propagations.includes(item)) ?? "rprivate"] : ["rbind", "rprivate"],
    ...(modes.includes("nocopy") ? { nocopy: true } : {}),
  };
}

/** Reads one `--tmpfs` value. */
export function parseTmpfs(destination: string, options: string): MountPoint {
  const target = checkDestination(destination, destination);
  const given = options === "" ? [] : options.split(",");
  for (const option of given) {
    if (
      !/^(r[ow]|(no)?(exec|suid|dev|atime|diratime)|relatime|strictatime|(size|mode|uid|gid|nr_inodes|nr_blocks|mpol)=.+)$/.test(
        option,
      )
    ) {
      throw invalidArgument(`Invalid tmpfs option ${JSON.stringify(option)}`, { field: "tmpfs" });
    }
  }
  const defaults = ["noexec", "nosuid", "nodev"].filter((option) => !given.includes(option.slice(2)));
  return {
    type: "tmpfs",
    source: "tmpfs",
    destination: target,
    readonly: given.includes("ro"),
    options: [...new Set([...defaults, ...given.filter((option) => !["exec", "suid", "dev"].includes(option))])],
  };
}

function checkDestination(spec: string, destination: string): string {
  if (!destination.startsWith("/")) {
    throw invalidArgument(`invalid volume specification: '${spec}': mount path must be absolute`, { field: "binds" });
  }
  const normal = path.normalize(destination).replace(/(?<=.)\/$/, "");
  if (normal === "/") {
    throw invalidArgument(`invalid volume specification: '${spec}': destination can't be '/'`, { field: "binds" });
  }
  return normal;
}

function invalidSpec(spec: string): Error {
  return invalidArgument(`invalid volume specification: '${spec}'`, { field: "binds" });
}
