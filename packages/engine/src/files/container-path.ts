import path from "node:path/posix";

import { invalidArgument } from "../engine-errors.ts";

/** A path as a user names it in a container, taken apart as `docker cp` understands it. */
export interface ContainerPath {
  /** Absolute and cleaned, with a `/` or `/.` at the end kept. */
  absolute: string;
  /** Where links are followed: all but the last component; all of it when that is `.` or empty. */
  directory: string;
  /** `""` when the directory itself is meant. */
  name: string;
  /** What the path is called in an archive: `d`, `.`, or `/`. */
  title: string;
}

/** Errors: `invalid-argument` for an empty path or one with NUL. */
export function parseContainerPath(text: string): ContainerPath {
  if (text === "" || text.includes("\0")) throw invalidArgument("path cannot be empty", { field: "path" });
  const clean = path.resolve("/", text);
  const ending = /\/\.$|^\.$/.test(text) ? "/." : text.endsWith("/") ? "/" : "";
  const absolute = clean === "/" ? (ending === "/." ? "/." : "/") : clean + ending;
  const slash = absolute.lastIndexOf("/");
  const last = absolute.slice(slash + 1);
  const title = last === "." ? "." : path.basename(clean) || "/";
  return { absolute, directory: absolute.slice(0, slash + 1), name: last === "." ? "" : last, title };
}

/** What an entry of the directory `beneath` is called in an archive of it. */
export function archiveNames(title: string, beneath: string): (entry: string) => string {
  return (entry) => {
    const rest = entry === beneath ? "" : beneath === "" ? entry : entry.slice(beneath.length + 1);
    if (title === "/") return `/${rest}`;
    return rest === "" ? title : `${title}/${rest}`;
  };
}
