import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const binaries = [join(root, ".tools/node_modules/.bin"), join(root, "node_modules/.bin")];
const env = { ...process.env, PATH: [...binaries, process.env["PATH"]].join(delimiter) };
let project: string;

interface Outcome {
  passed: string[];
  failed: string[];
}

async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, { cwd, env, maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

/** Packs a workspace package as it would be published. */
async function pack(folder: string): Promise<string> {
  const output = await run("pnpm", ["pack", "--json", "--pack-destination", project], join(root, folder));
  return (JSON.parse(output) as { filename: string }).filename;
}

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "gantry-external-"));
  await cp(join(import.meta.dirname, "project"), project, { recursive: true });
  const tarballs = [await pack("packages/core"), await pack("packages/testkit")];
  const manifest = JSON.parse(await readFile(join(root, "node_modules/vitest/package.json"), "utf8")) as {
    version: string;
  };
  await writeFile(
    join(project, "package.json"),
    JSON.stringify({ name: "directory-driver", type: "module", private: true }),
  );
  const packages = [...tarballs, `vitest@${manifest.version}`, "@types/node@24"];
  await run(
    "npm",
    ["install", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error", ...packages],
    project,
  );
});

afterAll(() => rm(project, { recursive: true, force: true }));

/** Runs the contract against one variant of the driver, with the project's own vitest. */
async function contract(variant: string): Promise<Outcome> {
  const report = join(project, `${variant}.json`);
  await writeFile(
    join(project, "vitest.config.js"),
    `export default { oxc: { decorator: { legacy: true } }, test: { include: ["test/*.contract.ts"], testTimeout: 30000 } };`,
  );
  const vitest = join(project, "node_modules/.bin/vitest");
  const args = ["run", `test/${variant}.contract.ts`, "--reporter=json", `--outputFile=${report}`];
  await run(vitest, args, project).catch(() => "");
  const { testResults } = JSON.parse(await readFile(report, "utf8")) as {
    testResults: { assertionResults: { title: string; status: string }[] }[];
  };
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  const titles = (status: string) => tests.filter((one) => one.status === status).map(({ title }) => title);
  return { passed: titles("passed"), failed: titles("failed") };
}

describe("a storage driver outside of the workspace, against packed tarballs", () => {
  test("is type-checked against the published declarations", async () => {
    const config = {
      extends: join(root, "tsconfig.base.json"),
      compilerOptions: { noEmit: true, composite: false, allowImportingTsExtensions: true, noEmitOnError: false },
      include: ["src", "test"],
    };
    await writeFile(join(project, "tsconfig.json"), JSON.stringify(config));
    expect(await run(join(root, "node_modules/.bin/tsc"), ["-p", project], project)).toBe("");
  });

  test("passes storageDriverContract", async () => {
    const { passed, failed } = await contract("directory");
    expect(failed).toEqual([]);
    expect(passed.length).toBeGreaterThan(40);
  });

  test("fails it when children do not start from their parent's content", async () => {
    const { failed } = await contract("leaky");
    expect(failed).toContain("a child starts from its parent's content");
    expect(failed).not.toContain("prepare makes an active snapshot");
  });

  test("fails it when snapshots do not survive a new engine", async () => {
    const { failed } = await contract("forgetful");
    expect(failed).toContain("snapshots of every kind survive a new engine with their content");
    expect(failed).not.toContain("a child starts from its parent's content");
  });
});
