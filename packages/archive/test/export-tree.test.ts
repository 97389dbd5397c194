import { MemoryFileTree } from "@gantry/testkit";
import { expect, it } from "vitest";

import { archiveEntry, exportTree, tarStream, writeEntry } from "../src/index.ts";
import { listing, pathsOf } from "./layer-fixtures.ts";

async function sample(): Promise<MemoryFileTree> {
  const tree = new MemoryFileTree("/r");
  const writer = await tree.writer("/r");
  for (const path of ["d", "d/e"]) await writeEntry(writer, path, archiveEntry({ path, type: "directory" }));
  await writeEntry(writer, "d/e/f", archiveEntry({ path: "d/e/f", content: "text" }));
  await writer.hardLink("d/e/g", "d/e/f");
  await writeEntry(writer, "other", archiveEntry({ path: "other" }));
  await writer.close();
  return tree;
}

it("exports a part of a tree, under other names if asked", async () => {
  const tree = await sample();
  expect(await pathsOf(exportTree(tree, "/r", { includeRoot: false }))).toEqual([
    "d",
    "d/e",
    "d/e/f",
    "d/e/g",
    "other",
  ]);
  expect(await pathsOf(exportTree(tree, "/r", { beneath: "d/e" }))).toEqual(["d/e", "d/e/f", "d/e/g"]);
  const renamed = exportTree(tree, "/r", { beneath: "d/e", rename: (path) => path.replace("d/e", "x") });
  expect(await listing(renamed)).toMatchObject([
    { path: "x", type: "directory" },
    { path: "x/f", text: "text" },
    { path: "x/g", type: "hard-link", linkTarget: "x/f" },
  ]);
  expect(await pathsOf(exportTree(tree, "/r", { beneath: "other" }))).toEqual(["other"]);
});

it("writes names as they are given, the root as well", async () => {
  const entries = ["/", "/etc", "."].map((path) => archiveEntry({ path, type: "directory" }));
  const bytes = Buffer.concat(await Array.fromAsync(tarStream(entries)));
  const nameAt = (block: number): string =>
    bytes.toString("latin1", block * 512, block * 512 + 100).replace(/\0.*/s, "");
  expect([0, 1, 2].map(nameAt)).toEqual(["/", "/etc/", "./"]);
});
