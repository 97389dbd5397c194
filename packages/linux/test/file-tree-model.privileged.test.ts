import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { FileTree, TreeMetadata, TreeWriter } from "@gantry/core";
import { MemoryFileTree } from "@gantry/testkit";
import * as fc from "fast-check";
import { afterAll, expect, it } from "vitest";

import { HelperFileTree } from "../src/file-tree.ts";

const helper = new HelperFileTree();
afterAll(() => helper.stop());

/** Few names, so that operations meet; some paths cannot be. */
const name = fc.constantFrom("a", "b", "c");
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join("/"));
const odd = fc.constantFrom("", "..", "a/../b", "/a", "a//b");
const anyPath = fc.oneof({ weight: 12, arbitrary: path }, { weight: 1, arbitrary: odd });
const target = fc.oneof(
  path,
  path.map((to) => `/${to}`),
  path.map((to) => `../${to}`),
  fc.constant("../../.."),
);
const mode = fc.constantFrom(0o644, 0o4755, 0o1777);
const mtime = fc.bigInt(-1_000_000_000_000n, 4_000_000_000_000_000_000n);
const operation = fc.oneof(
  fc.record({ do: fc.constantFrom("directory", "file", "fifo", "remove", "clear"), path: anyPath, mode, mtime }),
  fc.record({ do: fc.constant("symlink"), path: anyPath, target, mode, mtime }),
  fc.record({ do: fc.constant("link"), path: anyPath, target: anyPath, mode, mtime }),
);
type Operation = { do: string; path: string; target?: string; mode: number; mtime: bigint };

async function* content(text: string) {
  yield Buffer.from(text);
}

function perform(writer: TreeWriter, { do: what, path: at, target: to = "", ...rest }: Operation): Promise<void> {
  const metadata: TreeMetadata = { ...rest, uid: 1, gid: 2, xattrs: new Map([["trusted.m", Buffer.from(what)]]) };
  if (what === "directory") return writer.directory(at, metadata);
  if (what === "file") return writer.file(at, metadata, at.length, content(at));
  if (what === "fifo") return writer.node(at, metadata, { type: "fifo" });
  if (what === "symlink") return writer.symlink(at, metadata, to);
  if (what === "link") return writer.hardLink(at, to);
  return what === "remove" ? writer.remove(at) : writer.clear(at);
}

/** What a list of operations ends in: the error's code and path, and the tree that is left. */
async function outcome(tree: FileTree, root: string, operations: readonly Operation[]) {
  const writer = await tree.writer(root);
  let failure = "";
  try {
    for (const each of operations) await perform(writer, each);
    await writer.close();
  } catch (thrown) {
    const { code, details } = thrown as { code: string; details: { path: string } };
    failure = `${code} ${details.path}`;
  }
  const inodes = new Map<string, string>();
  const found = [];
  for await (const entry of tree.walk(root)) {
    const { path: at, type, linkTarget, size, links, uid, xattrs, mode: bits } = entry;
    if (!inodes.has(entry.inode)) inodes.set(entry.inode, at);
    const text = type === "file" ? Buffer.concat(await Array.fromAsync(tree.read(root, at))).toString() : "";
    // Made by the way, it has the time of its making; after a failure times are not set.
    const timed = xattrs.size > 0 && (type !== "directory" || failure === "");
    found.push({
      at,
      type,
      linkTarget,
      size,
      uid,
      text,
      bits,
      first: inodes.get(entry.inode),
      mark: Buffer.from(xattrs.get("trusted.m") ?? []).toString(),
      links: type === "directory" ? 0 : links,
      mtime: timed ? entry.mtime : 0n,
    });
  }
  const told = (at: string) =>
    tree.lookup(root, at).then(
      (entry) => entry?.type,
      (thrown: { code: string }) => thrown.code,
    );
  return { failure, found, lookups: await Promise.all(["a/b", "b/c/a", "c/a"].map(told)) };
}

it("does what the tree in memory does, whatever the operations", async () => {
  const base = mkdtempSync(join(tmpdir(), "gantry-model-"));
  let runs = 0;
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 12 }), async (operations) => {
        const root = join(base, `${(runs += 1)}`);
        mkdirSync(root);
        const real = await outcome(helper, root, operations);
        expect(real).toEqual(await outcome(new MemoryFileTree(root), root, operations));
      }),
      { numRuns: 150 },
    );
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
});
