import { join, normalize } from "node:path";

import { folderName, importsOf, packageOf } from "./workspace.ts";
import type { SourceFile, Workspace, WorkspacePackage } from "./workspace.ts";

/** Who may import whom, among packages. A plugin may import any of them but the testkit, an application plugins as well. */
const importTable: Readonly<Record<string, readonly string[]>> = {
  core: [],
  testkit: ["core"],
  oci: [],
  files: ["core"],
  archive: ["core", "oci"],
  linux: ["core"],
  engine: ["core", "oci", "archive", "files"],
  builder: ["core", "oci", "archive", "engine"],
  api: ["core", "oci", "engine"],
  client: ["core", "engine", "api"],
};

const scope = "@gantry/";
const onlyInCore = new Set(["tsyringe", "reflect-metadata"]);
const onlyInTests = new Set(["vitest", "@gantry/testkit"]);
const fileName = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*$/;
const readmeParts = [
  /^# .+\n+[^#\n]/,
  /^##.*install/im,
  /^##.*(example|usage)/im,
  /^##.*options/im,
  /^##.*(contract|limits)/im,
];

/** Every breach of the house's rules, one line each; empty when there is none. */
export function violations(workspace: Workspace): string[] {
  const rules = [manifestRules, importRules, sourceRules, referenceRules, readmeRules, pluginRules];
  return [
    ...workspace.packages.flatMap((item) => rules.flatMap((rule) => rule(item, workspace))),
    ...unlistedPackages(workspace),
  ];
}

function manifestRules(item: WorkspacePackage): string[] {
  const found: string[] = [];
  const { manifest, folder, name } = item;
  if (name !== scope + folderName(item)) found.push(`${folder}: is called ${name}`);
  if (manifest.type !== "module") found.push(`${folder}: type is not "module"`);
  if (manifest.license !== "Apache-2.0") found.push(`${folder}: license is not Apache-2.0`);
  if (manifest.engines?.["node"] !== ">=24") found.push(`${folder}: engines.node is not ">=24"`);
  if (isPlugin(item) && !manifest.peerDependencies?.["@gantry/core"]) {
    found.push(`${folder}: @gantry/core is not a peer dependency`);
  }
  if (isPlugin(item) && manifest.dependencies?.["@gantry/core"]) {
    found.push(`${folder}: @gantry/core is a dependency; a plugin takes its host's`);
  }
  return found;
}

function importRules(item: WorkspacePackage, workspace: Workspace): string[] {
  return item.sources.flatMap((file) =>
    importsOf(file).flatMap((specifier) => {
      const breach = importBreach(item, file, specifier, workspace);
      return breach === undefined ? [] : [`${item.folder}/${file.path}: imports ${specifier}: ${breach}`];
    }),
  );
}

function importBreach(item: WorkspacePackage, file: SourceFile, specifier: string, workspace: Workspace) {
  if (specifier.startsWith(".")) {
    const leaves = !normalize(join(file.path, "..", specifier)).startsWith("src");
    return leaves ? "a path out of the package's sources" : undefined;
  }
  if (specifier.startsWith("node:")) {
    return folderName(item) === "cli-app" ? "commands see the world through CommandHost only" : undefined;
  }
  const target = packageOf(specifier)!;
  if (onlyInCore.has(target) && folderName(item) !== "core") return "only core may";
  if (onlyInTests.has(target) && !(folderName(item) === "testkit" && target === "vitest")) return "only tests may";
  const { dependencies = {}, peerDependencies = {} } = item.manifest;
  if (!(target in dependencies) && !(target in peerDependencies)) return "not a dependency in package.json";
  if (!target.startsWith(scope)) return undefined;
  if (!isExported(specifier, target, workspace)) return "import a package by its name, not a path in it";
  return mayImport(item, target, workspace) ? undefined : "the import table forbids it";
}

/** A package's own name always is; a path in it where its `exports` says so. */
function isExported(specifier: string, target: string, workspace: Workspace): boolean {
  const path = `.${specifier.slice(target.length)}`;
  const other = workspace.packages.find(({ name }) => name === target);
  return path === "." || path in (other?.manifest.exports ?? {});
}

function mayImport(item: WorkspacePackage, target: string, workspace: Workspace): boolean {
  const other = workspace.packages.find(({ name }) => name === target);
  if (other === undefined) return false;
  if (item.folder.startsWith("packages/")) return (importTable[folderName(item)] ?? []).includes(folderName(other));
  if (isPlugin(item)) return other.folder.startsWith("packages/");
  // The command starts the daemon, and answers as it does when it has the engine in its own process.
  const mayStart = folderName(item) === "docker" && folderName(other) === "dockerd";
  return !other.folder.startsWith("apps/") || folderName(other) === "runtime" || mayStart;
}

function sourceRules(item: WorkspacePackage): string[] {
  return [...item.sources, ...item.tests].flatMap((file) => {
    const strange = file.path.split("/").filter((part) => !fileName.test(part));
    return strange.map((part) => `${item.folder}/${file.path}: ${part} is not in kebab-case`);
  });
}

function referenceRules(item: WorkspacePackage, workspace: Workspace): string[] {
  const { dependencies = {}, peerDependencies = {} } = item.manifest;
  const needed = new Set(
    workspace.packages
      .filter(({ name }) => name in dependencies || name in peerDependencies)
      .map(({ folder }) => folder),
  );
  const referred = new Set(item.references);
  return [
    ...needed
      .difference(referred)
      .values()
      .map((folder) => `${item.folder}: tsconfig.json does not refer to ${folder}`),
    ...referred
      .difference(needed)
      .values()
      .map((folder) => `${item.folder}: tsconfig.json refers to ${folder}, no dependency`),
  ];
}

function readmeRules(item: WorkspacePackage): string[] {
  const { readme, folder } = item;
  if (readme === undefined) return [`${folder}: has no README.md`];
  const names = ["a sentence under the title", "Install", "Example", "Options", "Contract and limits"];
  return readmeParts.flatMap((part, index) =>
    part.test(readme) ? [] : [`${folder}/README.md: lacks ${names[index]}`],
  );
}

function pluginRules(item: WorkspacePackage, workspace: Workspace): string[] {
  if (!isPlugin(item)) return [];
  const found: string[] = [];
  const index = item.sources.find(({ path }) => path === "src/index.ts")?.text ?? "";
  if (!/^export (default |\{[^}]*\bdefault\b)/m.test(index))
    found.push(`${item.folder}: src/index.ts has no default export`);
  const sources = item.sources.map(({ text }) => text).join("\n");
  const tests = item.tests.map(({ text }) => text).join("\n");
  if (!sources.includes(`name: "${item.name}"`)) found.push(`${item.folder}: defines no plugin named ${item.name}`);
  for (const contract of contractsFor(sources, workspace)) {
    if (!tests.includes(`${contract}(`)) found.push(`${item.folder}: no test runs ${contract}`);
  }
  return found;
}

/** The testkit's contracts for the interfaces that a plugin says to provide. */
function contractsFor(pluginSources: string, workspace: Workspace): string[] {
  const testkit = workspace.packages.find((item) => folderName(item) === "testkit");
  const kit = testkit?.sources.map(({ text }) => text).join("\n") ?? "";
  const provided = [...pluginSources.matchAll(/provides: \[([^\]]*)\]/g)].flatMap(
    (match) => match[1]!.match(/\w+/g) ?? [],
  );
  return provided
    .map((token) => `${token[0]!.toLowerCase()}${token.slice(1)}Contract`)
    .filter((contract) => kit.includes(`export function ${contract}`));
}

function unlistedPackages(workspace: Workspace): string[] {
  const unlisted = workspace.packages.filter(({ folder }) => !workspace.rootReferences.includes(folder));
  return unlisted.map(({ folder }) => `tsconfig.json: does not refer to ${folder}`);
}

function isPlugin(item: WorkspacePackage): boolean {
  return item.folder.startsWith("plugins/");
}
