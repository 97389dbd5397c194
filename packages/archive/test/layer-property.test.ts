import { MemoryFileTree } from "@gantry/testkit";
import * as fc from "fast-check";
import { expect, it } from "vitest";

import { ArchiveLayerDiffer } from "../src/index.ts";
import { bind, bytesOf, inPieces, layer, noMounter, overlay, treeOf } from "./layer-fixtures.ts";
import type { Fields } from "./layer-fixtures.ts";

/** Few names, so that entries, marks and links meet. */
const name = fc.constantFrom("a", "b", "c");
const directory = fc.array(name, { maxLength: 2 });
const path = fc.tuple(directory, name).map(([up, last]) => [...up, last].join("/"));
const text = fc.constantFrom("x", "y", "zz");
const mtime = fc.constantFrom(0n, 1n);
const entry = fc.oneof(
  fc.record({ path, content: text, mtime }),
  fc.record({
    path,
    type: fc.constantFrom("directory" as const, "fifo" as const),
    mtime,
    mode: fc.constantFrom(0o755, 0o700),
  }),
);
const symlink = fc.record({
  path,
  type: fc.constant("symlink" as const),
  linkTarget: fc.oneof(
    path,
    path.map((to) => `/${to}`),
  ),
  mtime,
});
const hardLink = fc.record({ path, type: fc.constant("hard-link" as const), linkTarget: path });
const whiteout = fc.tuple(directory, name).map(([up, last]) => [...up, `.wh.${last}`].join("/"));
const opaque = directory.map((up) => [...up, ".wh..wh..opq"].join("/"));
const baseLayer: fc.Arbitrary<Fields[]> = fc.array(entry, { maxLength: 8 });
/** Marks behind links are left out: what they mean there is nobody's agreement. */
const linkedLayer: fc.Arbitrary<Fields[]> = fc.array(fc.oneof(entry, symlink, symlink, hardLink), { maxLength: 8 });
const upperLayer: fc.Arbitrary<Fields[]> = fc.array(fc.oneof(entry, entry, hardLink, whiteout, opaque), {
  maxLength: 6,
});

/** Applies layers by one form of mounts each; tells what is seen in the end, or the code of the error. */
async function see(form: "bind" | "overlay", layers: readonly Fields[][]) {
  const roots = layers.map((_, index) => `${index}`);
  const trees = new MemoryFileTree("all", "copy", ...roots);
  const differ = new ArchiveLayerDiffer(trees, noMounter);
  const mountsAt = (index: number) =>
    form === "bind" || index === 0
      ? bind(form === "bind" ? "all" : "0")
      : overlay(roots.slice(0, index).toReversed(), roots[index]);
  try {
    for (const [index, fields] of layers.entries()) await differ.apply(layer(...fields), mountsAt(index));
  } catch (thrown) {
    return (thrown as { code?: string }).code;
  }
  const whole = await bytesOf(differ.diff(undefined, mountsAt(layers.length - 1)));
  await differ.apply(inPieces(whole, 5000), bind("copy"));
  return treeOf(trees, "copy");
}

it("a stack of layers shows the same in one directory and in overlays", async () => {
  await fc.assert(
    fc.asyncProperty(baseLayer, upperLayer, upperLayer, async (...layers) => {
      expect(await see("overlay", layers)).toEqual(await see("bind", layers));
    }),
    { numRuns: 400 },
  );
});

it("links in paths lead to the same places in one directory and in overlays", async () => {
  await fc.assert(
    fc.asyncProperty(linkedLayer, linkedLayer, linkedLayer, async (...layers) => {
      expect(await see("overlay", layers)).toEqual(await see("bind", layers));
    }),
    { numRuns: 400 },
  );
});

it("a difference leads from the one tree to the other, through bind and overlay", async () => {
  await fc.assert(
    fc.asyncProperty(linkedLayer, linkedLayer, async (before, after) => {
      const trees = new MemoryFileTree("before", "again", "upper", "after");
      const differ = new ArchiveLayerDiffer(trees, noMounter);
      const put = (root: string, fields: Fields[]) => differ.apply(layer(...fields), bind(root));
      try {
        for (const root of ["before", "again"]) await put(root, before);
        await put("after", after);
      } catch {
        return;
      }
      const difference = await bytesOf(differ.diff(bind("before"), bind("after")));
      await differ.apply(inPieces(difference, 700), bind("again"));
      expect(await treeOf(trees, "again")).toEqual(await treeOf(trees, "after"));
      await differ.apply(inPieces(difference, 700), overlay(["before"], "upper"));
      const seen = await Array.fromAsync(differ.changes(overlay(["before"], "upper"), bind("after")));
      expect(seen).toEqual([]);
    }),
    { numRuns: 400 },
  );
});
