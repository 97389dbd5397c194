import { createHash } from "node:crypto";
import { lstatSync, readFileSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";

const kinds: readonly [string, number][] = [
  ["file", 0o100000],
  ["directory", 0o040000],
  ["link", 0o120000],
  ["fifo", 0o010000],
  ["character device", 0o020000],
  ["block device", 0o060000],
  ["socket", 0o140000],
];

/** Everything below a directory, one line for each entry, with all that a tar archive keeps of it: equal lines are equal trees. */
export function describeTree(root: string): string[] {
  const firstNames = new Map<bigint, string>();
  const walk = (path: string): string[] => {
    const full = join(root, path);
    const stat = lstatSync(full, { bigint: true });
    const kind = kinds.find(([, bits]) => (Number(stat.mode) & 0o170000) === bits)![0];
    const facts = [JSON.stringify(path), kind, (Number(stat.mode) & 0o7777).toString(8), stat.uid, stat.gid];
    facts.push(kind === "link" ? readlinkSync(full) : stat.mtimeNs);
    if (kind === "file") {
      facts.push(createHash("sha256").update(readFileSync(full)).digest("hex"));
      if (stat.nlink > 1n) facts.push(`same as ${firstNames.get(stat.ino) ?? "none before"}`);
      if (!firstNames.has(stat.ino)) firstNames.set(stat.ino, path);
    }
    if (kind.endsWith("device")) facts.push(stat.rdev);
    return [facts.join(" "), ...(kind === "directory" ? children(path) : [])];
  };
  const children = (path: string): string[] =>
    readdirSync(join(root, path))
      .toSorted()
      .flatMap((name) => walk(join(path, name)));
  return children("");
}
