import { join } from "node:path";

import { expect, test } from "vitest";

import { readSnippets, snippetsOf, typeErrors } from "./snippets.ts";

const root = join(import.meta.dirname, "../..");

test("every example in the documents type-checks", { timeout: 60_000 }, async () => {
  expect(await typeErrors(root, readSnippets(root))).toEqual([]);
});

test("a wrong example is found, with document and line", { timeout: 60_000 }, async () => {
  const markdown = [
    "# A",
    "```sh",
    "not this",
    "```",
    "```ts",
    'import { EngineError } from "@gantry/core";',
    'throw new EngineError("gone", "x");',
    "```",
  ].join("\n");
  const errors = await typeErrors(root, snippetsOf("a.md", markdown));
  expect(errors).toHaveLength(1);
  expect(errors[0]).toMatch(/^a\.md:7: error TS2345: .*"gone"/);
});
