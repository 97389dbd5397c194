import { archiveError } from "./archive-error.ts";

/**
 * The tree path of a name in an archive: relative to the root whether or not it begins with `/` or `./`. Throws
 * `invalid-argument` for a name that leads upwards, is empty, or holds a NUL.
 */
export function entryPath(name: string): string {
  if (name === "") throw archiveError("has no name", name);
  if (name.includes("\0")) throw archiveError("has a NUL in its name", name);
  const components = name.split("/").filter((component) => component !== "" && component !== ".");
  if (components.includes("..")) throw archiveError("leads out of the root: `..` is not allowed", name);
  return components.join("/");
}

export function parentPath(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

export function joinPath(parent: string, name: string): string {
  return parent === "" ? name : `${parent}/${name}`;
}

/** Whether a path lies below a directory; a directory does not lie below itself. */
export function isBeneath(path: string, directory: string): boolean {
  return directory === "" ? path !== "" : path.startsWith(directory) && path[directory.length] === "/";
}
