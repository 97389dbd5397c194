import { EngineError } from "@gantry/core";
import type { CallOptions, FileTree } from "@gantry/core";

const maximumLinks = 255;

/**
 * The path, as `FileTree` takes it, that a path leads to when the root is `/`: links are followed, `..` ends at the root. What
 * does not exist is taken as it stands.
 * @param options.last whether a link at the very end is followed, too
 * Errors: `invalid-argument` for links that go round in circles.
 */
export async function resolveBeneath(
  tree: FileTree,
  root: string,
  path: string,
  { last, ...call }: { last: boolean } & CallOptions,
): Promise<string> {
  const pending = componentsOf(path).toReversed();
  let resolved: string[] = [];
  let links = 0;
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (name === "..") {
      resolved.pop();
      continue;
    }
    const entry = await tree.lookup(root, [...resolved, name].join("/"), call);
    if (entry?.type !== "symlink" || (pending.length === 0 && !last)) {
      resolved.push(name);
      continue;
    }
    links += 1;
    if (links > maximumLinks) throw new EngineError("invalid-argument", `too many links in ${JSON.stringify(path)}`);
    const target = entry.linkTarget ?? "";
    if (target.startsWith("/")) resolved = [];
    pending.push(...componentsOf(target).toReversed());
  }
  return resolved.join("/");
}

function componentsOf(path: string): readonly string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}
