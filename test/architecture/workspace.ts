import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";

/** A package of the workspace, as far as the rules of the house look at it. */
export interface WorkspacePackage {
  /** The npm name. */
  name: string;
  /** `packages/core` */
  folder: string;
  manifest: Manifest;
  /** Folders that tsconfig.json refers to: `packages/core`. */
  references: readonly string[];
  /** The text of README.md; `undefined` when there is none. */
  readme: string | undefined;
  sources: readonly SourceFile[];
  tests: readonly SourceFile[];
}

export interface Manifest {
  license?: string;
  type?: string;
  engines?: Readonly<Record<string, string>>;
  exports?: Readonly<Record<string, unknown>>;
  dependencies?: Readonly<Record<string, string>>;
  devDependencies?: Readonly<Record<string, string>>;
  peerDependencies?: Readonly<Record<string, string>>;
}

export interface SourceFile {
  /** Relative to the package: `src/index.ts`. */
  path: string;
  text: string;
}

export interface Workspace {
  packages: readonly WorkspacePackage[];
  /** Folders that the root's tsconfig.json refers to. */
  rootReferences: readonly string[];
}

export function readWorkspace(root: string): Workspace {
  const manifests = globSync("{packages,plugins,apps}/*/package.json", { cwd: root }).toSorted();
  return {
    packages: manifests.map((path) => readPackage(root, dirname(path))),
    rootReferences: readReferences(root, "."),
  };
}

function readPackage(root: string, folder: string): WorkspacePackage {
  const manifest = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Manifest & { name: string };
  const readme = join(root, folder, "README.md");
  return {
    name: manifest.name,
    folder,
    manifest,
    references: readReferences(root, folder),
    readme: existsSync(readme) ? readFileSync(readme, "utf8") : undefined,
    sources: readSources(join(root, folder), "src/**/*.ts"),
    tests: readSources(join(root, folder), "test/**/*.ts"),
  };
}

function readReferences(root: string, folder: string): string[] {
  const text = readFileSync(join(root, folder, "tsconfig.json"), "utf8");
  const { references = [] } = JSON.parse(text) as { references?: { path: string }[] };
  return references.map(({ path }) => relative(root, join(root, folder, path)));
}

function readSources(directory: string, pattern: string): SourceFile[] {
  const paths = globSync(pattern, { cwd: directory }).toSorted();
  return paths.map((path) => ({ path, text: readFileSync(join(directory, path), "utf8") }));
}

/** What a file imports, by `import`, `export … from` and `import()`; examples in comments do not count. */
export function importsOf(file: SourceFile): string[] {
  const statements = /^(?:import\s+|(?:import|export)\s[\w\s{},*$]*?\bfrom\s+)["']([^"']+)["']/gm;
  const calls = /\bimport\(\s*["']([^"']+)["']/g;
  const code = file.text.replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, "");
  return [...code.matchAll(statements), ...code.matchAll(calls)].map((match) => match[1]!);
}

/** The package that an import names: `@gantry/core` of `@gantry/core/x`; `undefined` for relative imports and Node's own. */
export function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith(".") || specifier.startsWith("node:")) return undefined;
  const parts = specifier.split("/");
  return specifier.startsWith("@") ? parts.slice(0, 2).join("/") : parts[0];
}

/** `core` of `packages/core`. */
export function folderName(item: WorkspacePackage): string {
  return basename(item.folder);
}
