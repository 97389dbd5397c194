import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { violations } from "./rules.ts";
import { importsOf, readWorkspace } from "./workspace.ts";
import type { Workspace, WorkspacePackage } from "./workspace.ts";

const root = join(import.meta.dirname, "../..");

test("the workspace keeps the rules of the house", () => {
  const workspace = readWorkspace(root);
  expect(workspace.packages.length).toBeGreaterThan(10);
  expect(violations(workspace)).toEqual([]);
});

const readme = "# It\n\nOne sentence.\n\n## Install\n\n## Example\n\n## Options\n\n## Contract and limits\n";

/** A package without fault; `change` breaks it. */
function made(folder: string, change: Partial<WorkspacePackage> = {}): WorkspacePackage {
  return {
    name: `@gantry/${folder.split("/")[1]}`,
    folder,
    manifest: { license: "Apache-2.0", type: "module", engines: { node: ">=24" } },
    references: [],
    readme,
    sources: [],
    tests: [],
    ...change,
  };
}

function plugin(name: string, change: Partial<WorkspacePackage> & { source?: string } = {}): WorkspacePackage {
  const text = `export default definePlugin({\n  name: "@gantry/${name}",\n  provides: [Store],\n});\n${change.source ?? ""}`;
  const base = made(`plugins/${name}`);
  return {
    ...base,
    manifest: { ...base.manifest, peerDependencies: { "@gantry/core": "workspace:^" } },
    references: ["packages/core"],
    sources: [{ path: "src/index.ts", text }],
    tests: [{ path: "test/contract.test.ts", text: `storeContract("it");` }],
    ...change,
  };
}

const testkit = made("packages/testkit", {
  sources: [{ path: "src/store-contract.ts", text: "export function storeContract(name: string) {}" }],
});

function found(...packages: WorkspacePackage[]): string[] {
  const all = [made("packages/core"), testkit, ...packages];
  const workspace: Workspace = { packages: all, rootReferences: all.map(({ folder }) => folder) };
  return violations(workspace);
}

function importing(folder: string, specifier: string, dependencies: string[] = []): WorkspacePackage {
  const base = made(folder);
  return {
    ...base,
    manifest: { ...base.manifest, dependencies: Object.fromEntries(dependencies.map((name) => [name, "workspace:^"])) },
    references: dependencies.map((name) => `packages/${name.split("/")[1]}`),
    sources: [{ path: "src/index.ts", text: `import { x } from "${specifier}";` }],
  };
}

describe("a made-up workspace", () => {
  test("without fault has no violation", () => {
    expect(found(plugin("one"), importing("packages/linux", "@gantry/core", ["@gantry/core"]))).toEqual([]);
  });

  test.for<[string, WorkspacePackage[], string]>([
    [
      "a package that climbs the table",
      [made("packages/engine"), importing("packages/archive", "@gantry/engine", ["@gantry/engine"])],
      "packages/archive/src/index.ts: imports @gantry/engine: the import table forbids it",
    ],
    [
      "an import that package.json does not name",
      [importing("packages/linux", "@gantry/core")],
      "packages/linux/src/index.ts: imports @gantry/core: not a dependency in package.json",
    ],
    [
      "an import by path",
      [importing("packages/linux", "@gantry/core/dist/x.js", ["@gantry/core"])],
      "packages/linux/src/index.ts: imports @gantry/core/dist/x.js: import a package by its name, not a path in it",
    ],
    [
      "a relative path into another package",
      [importing("packages/linux", "../../core/src/x.ts")],
      "packages/linux/src/index.ts: imports ../../core/src/x.ts: a path out of the package's sources",
    ],
    [
      "the injector outside of core",
      [importing("packages/linux", "tsyringe")],
      "packages/linux/src/index.ts: imports tsyringe: only core may",
    ],
    [
      "the test runner in a source",
      [importing("packages/linux", "vitest")],
      "packages/linux/src/index.ts: imports vitest: only tests may",
    ],
    [
      "the testkit in a source",
      [importing("packages/linux", "@gantry/testkit")],
      "packages/linux/src/index.ts: imports @gantry/testkit: only tests may",
    ],
    [
      "a command that knows Node",
      [plugin("cli-app", { source: 'import { readFile } from "node:fs";\n' })],
      "plugins/cli-app/src/index.ts: imports node:fs: commands see the world through CommandHost only",
    ],
    [
      "a name that is not in kebab-case",
      [made("packages/linux", { sources: [{ path: "src/mountTable.ts", text: "" }] })],
      "packages/linux/src/mountTable.ts: mountTable.ts is not in kebab-case",
    ],
    [
      "a folder that differs from the package's name",
      [made("packages/linux", { name: "@gantry/unix" })],
      "packages/linux: is called @gantry/unix",
    ],
    ["a package without README", [made("packages/linux", { readme: undefined })], "packages/linux: has no README.md"],
    [
      "a README that lacks a part",
      [made("packages/linux", { readme: readme.replace("## Options", "") })],
      "packages/linux/README.md: lacks Options",
    ],
    [
      "a plugin whose contract is not tested",
      [plugin("one", { tests: [] })],
      "plugins/one: no test runs storeContract",
    ],
    [
      "a reference that no dependency asks for",
      [made("packages/linux", { references: ["packages/core"] })],
      "packages/linux: tsconfig.json refers to packages/core, no dependency",
    ],
    [
      "a dependency without reference",
      [{ ...importing("packages/linux", "@gantry/core", ["@gantry/core"]), references: [] }],
      "packages/linux: tsconfig.json does not refer to packages/core",
    ],
    [
      "a package under another licence",
      [made("packages/linux", { manifest: { license: "MIT", type: "module", engines: { node: ">=24" } } })],
      "packages/linux: license is not Apache-2.0",
    ],
  ])("with %s has that violation", ([, packages, violation]) => {
    expect(found(...packages)).toEqual([violation]);
  });

  test("with a plugin that imports another plugin, and one that brings its own core, has these violations", () => {
    const needy = plugin("two", {
      source: 'import one from "@gantry/one";\n',
      references: ["packages/core", "plugins/one"],
      manifest: {
        ...made("plugins/two").manifest,
        dependencies: { "@gantry/one": "workspace:^", "@gantry/core": "workspace:^" },
      },
    });
    expect(found(plugin("one"), needy)).toEqual([
      "plugins/two: @gantry/core is not a peer dependency",
      "plugins/two: @gantry/core is a dependency; a plugin takes its host's",
      "plugins/two/src/index.ts: imports @gantry/one: the import table forbids it",
    ]);
  });
});

test("imports are found in every form, and not in comments", () => {
  const text = [
    'import "a";',
    'import type { B } from "b";',
    "import {\n  C,\n  D,\n} from 'c';",
    'export * from "./d.ts";',
    'const e = await import("e");',
    '/**\n * import { F } from "f";\n */',
    '// import "g";',
  ].join("\n");
  expect(importsOf({ path: "src/x.ts", text })).toEqual(["a", "b", "c", "./d.ts", "e"]);
});
