import { archiveError } from "./archive-error.ts";
import { baseName, joinPath, parentPath } from "./entry-path.ts";

/** The file names by which a layer speaks of deletions. Source: OCI image specification, "Whiteouts". */
const prefix = ".wh.";
const opaqueName = ".wh..wh..opq";
/** AUFS kept its own files under this prefix, and old layers still hold them. */
const aufsPrefix = ".wh..wh.";
/** Where AUFS kept files with many links; other entries of an old layer are hard links to them. */
export const aufsLinkDirectory = ".wh..wh.plnk";

export type LayerMark =
  | { kind: "whiteout"; path: string }
  | { kind: "opaque"; path: string }
  /** A file of AUFS that is no part of the tree. */
  | { kind: "ignored" };

/** What an entry's name means in a layer; `undefined` for an ordinary entry. Throws for a mark that names nothing. */
export function layerMark(path: string): LayerMark | undefined {
  const [top, second] = path.split("/", 2);
  if (top === aufsLinkDirectory && second !== undefined) return undefined;
  const name = baseName(path);
  if (name === opaqueName) return { kind: "opaque", path: parentPath(path) };
  if (path.split("/").some((component) => component.startsWith(aufsPrefix))) return { kind: "ignored" };
  if (!name.startsWith(prefix)) return undefined;
  const target = name.slice(prefix.length);
  if (target === "" || target === "." || target === "..") throw archiveError("is a whiteout of nothing", path);
  return { kind: "whiteout", path: joinPath(parentPath(path), target) };
}

export function whiteoutPath(path: string): string {
  return joinPath(parentPath(path), prefix + baseName(path));
}

export function opaquePath(directory: string): string {
  return joinPath(directory, opaqueName);
}

/** Whether a name cannot stand in a layer, because it would be read as a mark. */
export function isReservedName(path: string): boolean {
  return baseName(path).startsWith(prefix);
}
