import { execFile } from "node:child_process";
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

/** A fenced block of TypeScript in a Markdown file. */
export interface Snippet {
  document: string;
  /** Of the block's first line, counted from 1. */
  line: number;
  code: string;
}

export function snippetsOf(document: string, markdown: string): Snippet[] {
  return [...markdown.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => ({
    document,
    line: markdown.slice(0, match.index).split("\n").length + 1,
    code: match[1]!,
  }));
}

export function readSnippets(root: string): Snippet[] {
  const documents = globSync(["*.md", "docs/**/*.md", "{packages,plugins,apps}/*/README.md"], { cwd: root });
  return documents.toSorted().flatMap((document) => snippetsOf(document, readFileSync(join(root, document), "utf8")));
}

/**
 * What the compiler finds in the snippets, by document and line; empty when they are sound. Each is a module of its own and
 * sees the workspace's packages by name.
 */
export async function typeErrors(root: string, snippets: readonly Snippet[]): Promise<string[]> {
  const directory = join(root, "test/architecture/.snippets", `${process.pid}`);
  mkdirSync(directory, { recursive: true });
  try {
    snippets.forEach(({ code }, index) => writeFileSync(join(directory, `${index}.ts`), code));
    const config = {
      extends: "../../../../tsconfig.test.json",
      compilerOptions: { paths: sourcePaths(root) },
      include: ["*.ts"],
      references: [],
    };
    writeFileSync(join(directory, "tsconfig.json"), JSON.stringify(config));
    return locate(await compile(root, directory), snippets);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Where each package is found by name: an example may use any of them. */
function sourcePaths(root: string): Record<string, string[]> {
  const folders = globSync("{packages,plugins,apps}/*/src/index.ts", { cwd: root });
  return Object.fromEntries(folders.map((path) => [`@gantry/${path.split("/")[1]}`, [join(root, path)]]));
}

async function compile(root: string, directory: string): Promise<string> {
  const compiler = join(root, "node_modules/.bin/tsc");
  try {
    await promisify(execFile)(compiler, ["-p", directory, "--pretty", "false"], { cwd: directory });
    return "";
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

/** Errors in the sources that a snippet imports are left to the sources' own check. */
function locate(output: string, snippets: readonly Snippet[]): string[] {
  return [...output.matchAll(/^(\d+)\.ts\((\d+),\d+\): (.*)$/gm)].map(([, index, line, message]) => {
    const snippet = snippets[Number(index)]!;
    return `${snippet.document}:${snippet.line + Number(line) - 1}: ${message}`;
  });
}
