import { getSystemErrorName } from "node:util";

import { EngineError } from "@gantry/core";
import type { ErrorCode } from "@gantry/core";

const codes: Readonly<Record<string, ErrorCode>> = {
  ENOENT: "invalid-argument",
  ENOTDIR: "invalid-argument",
  EISDIR: "invalid-argument",
  EEXIST: "invalid-argument",
  EINVAL: "invalid-argument",
  ELOOP: "invalid-argument",
  ENAMETOOLONG: "invalid-argument",
  EXDEV: "invalid-argument",
  EMLINK: "invalid-argument",
  E2BIG: "invalid-argument",
  ERANGE: "invalid-argument",
  EPERM: "forbidden",
  EACCES: "forbidden",
  EROFS: "forbidden",
  ENOTSUP: "forbidden",
  ENOSPC: "unavailable",
  EDQUOT: "unavailable",
  EMFILE: "unavailable",
  ENFILE: "unavailable",
  ENOSYS: "unsupported",
};

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  ENOTDIR: "a parent is not a directory",
  EISDIR: "it is a directory",
  EINVAL: "not a valid path or value",
  ELOOP: "a symbolic link is in the way",
  ENAMETOOLONG: "the name is too long",
  EPERM: "not permitted",
  EACCES: "permission denied",
  EROFS: "the file system is read-only",
  ENOTSUP: "the file system does not support it",
  ENOSPC: "no space left on the disk",
  EDQUOT: "the disk quota is used up",
  ENOSYS: "the kernel lacks openat2: Linux 5.6 or later is needed",
};

/** The engine error for what the helper reported. @param verb `write`, `read` or `walk` */
export function treeError(verb: string, root: string, path: string, errno: number): EngineError {
  const name = errno === 95 ? "ENOTSUP" : getSystemErrorName(-errno);
  const where = JSON.stringify(path === "" ? "/" : path);
  return new EngineError(codes[name] ?? "internal", `cannot ${verb} ${where}: ${reasons[name] ?? name}`, {
    details: { root, path, errno: name },
  });
}
