import { MemoryFileTree } from "@gantry/testkit";
import { beforeEach, describe, expect, it } from "vitest";

import { ArchiveLayerDiffer } from "../src/index.ts";
import { bind, layer, listing, noMounter, overlay, pathsOf, treeOf } from "./layer-fixtures.ts";
import type { Fields } from "./layer-fixtures.ts";

let trees: MemoryFileTree;
let differ: ArchiveLayerDiffer;
beforeEach(() => {
  trees = new MemoryFileTree("one", "two", "three", "upper", "a", "b");
  differ = new ArchiveLayerDiffer(trees, noMounter);
});

const put = (root: string, ...fields: Fields[]) => differ.apply(layer(...fields), bind(root));
const changes = async (lower: Parameters<typeof differ.changes>[0], upper: Parameters<typeof differ.changes>[1]) =>
  (await Array.fromAsync(differ.changes(lower, upper))).map(({ kind, path }) => `${kind[0]!.toUpperCase()} ${path}`);

describe("apply into a directory", () => {
  it("writes and tells digest, size, content and entries", async () => {
    const applied = await put("one", "d/", { path: "d/f", content: "hello" });
    expect(applied).toEqual({
      diffId: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      size: 512 * 3 + 512 + 1024 - 512,
      contentSize: 5,
      entries: 2,
    });
    expect(await treeOf(trees, "one")).toEqual(["d/", "d/f=hello"]);
  });
});
