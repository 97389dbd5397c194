import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

let directory: string;

beforeEach(() => {
  // Inside the checkout, so that the fixtures find vitest.
  directory = mkdtempSync(join(import.meta.dirname, ".run-"));
  writeFileSync(
    join(directory, "vitest.config.ts"),
    `export default { test: { include: ["*.fixture.ts"], reporters: ["default", ${JSON.stringify(join(import.meta.dirname, "totals.ts"))}] } };`,
  );
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

function lastLine(files: Record<string, string>): { line: string | undefined; status: number | null } {
  for (const [name, source] of Object.entries(files)) {
    writeFileSync(join(directory, name), `import { beforeAll, describe, test } from "vitest";\n${source}`);
  }
  const command = join(import.meta.dirname, "../../node_modules/.bin/vitest");
  const run = spawnSync(command, ["run", "--root", directory], { encoding: "utf8" });
  return { line: run.stdout.trimEnd().split("\n").at(-1), status: run.status };
}

test("a green run counts passed and skipped tests of all files", () => {
  const { line, status } = lastLine({
    "one.fixture.ts": `test("a", () => {}); test.skip("b", () => {});`,
    "two.fixture.ts": `describe("c", () => { test("d", () => {}); test("e", (t) => t.skip()); });`,
  });
  expect(line).toBe("2 passed, 0 failed, 2 skipped");
  expect(status).toBe(0);
});

test("failed tests, files that do not load, broken hooks and stray errors all count as failed", () => {
  const { line, status } = lastLine({
    "failing.fixture.ts": `test("a", () => { throw new Error("no"); }); test("b", () => {});`,
    "unparsable.fixture.ts": `test("c", () => {`,
    "hook.fixture.ts": `describe("d", () => { beforeAll(() => { throw new Error("no"); }); test("e", () => {}); });`,
    "stray.fixture.ts": `test("f", () => { setTimeout(() => { throw new Error("stray"); }); return new Promise((r) => setTimeout(r, 50)); });`,
  });
  expect(line).toBe("2 passed, 4 failed, 1 skipped");
  expect(status).toBe(1);
});

test("a run without any test does not look green", () => {
  const { line, status } = lastLine({});
  expect(line).toBe("0 passed, 1 failed, 0 skipped");
  expect(status).toBe(1);
});
