import { readFile } from "node:fs/promises";

import { EngineError } from "@gantry/core";

import { runProgram } from "./run-program.ts";

/** One entry of apt's sources. */
export interface AptSource {
  /** With any user name and password that the host's configuration holds. */
  uri: string;
  /** Suite: `bookworm-security`. */
  suite: string;
  components: readonly string[];
}

const format = "$(REPO_URI) $(RELEASE) $(COMPONENT)";

/** The code name of the host's distribution release. Errors: `unavailable` when /etc/os-release names none. */
export async function hostSuite(path = "/etc/os-release"): Promise<string> {
  const content = await readFile(path, "utf8").catch(() => "");
  const suite = /^VERSION_CODENAME=["']?([a-z0-9.-]+)["']?$/m.exec(content)?.[1];
  if (suite !== undefined) return suite;
  throw new EngineError("unavailable", `${path} names no VERSION_CODENAME: base can be made on Debian or Ubuntu only`);
}

/**
 * What the host's apt is configured to use for a suite, its updates and its security fixes; other entries (of other vendors)
 * are left out. Errors: `unavailable` when there is nothing for the suite.
 */
export async function hostSources(suite: string, signal?: AbortSignal): Promise<AptSource[]> {
  const listing = await runProgram(["apt-get", "indextargets", "--format", format, "Created-By: Packages"], { signal });
  const sources = parseIndexTargets(listing, suite);
  if (sources.some((source) => source.suite === suite)) return sources;
  throw new EngineError("unavailable", `apt has no source for ${suite}: add one to /etc/apt and run apt-get update`);
}

/** Reads lines `URI SUITE COMPONENT`; the suite itself comes first. */
export function parseIndexTargets(listing: string, suite: string): AptSource[] {
  const wanted = [suite, `${suite}-updates`, `${suite}-security`];
  const sources = new Map<string, { uri: string; suite: string; components: string[] }>();
  for (const line of listing.split("\n")) {
    const [uri, release, component] = line.split(" ");
    if (uri === undefined || release === undefined || component === undefined || !wanted.includes(release)) continue;
    const key = `${uri} ${release}`;
    const source = sources.get(key) ?? { uri, suite: release, components: [] };
    sources.set(key, source);
    if (!source.components.includes(component)) source.components.push(component);
  }
  return [...sources.values()].toSorted((a, b) => wanted.indexOf(a.suite) - wanted.indexOf(b.suite));
}

/** The line of a sources.list. */
export function sourceLine({ uri, suite, components }: AptSource): string {
  return `deb ${uri} ${suite} ${components.join(" ")}`;
}

/** The sources as an image may show them: without user names and passwords. */
export function publicSources(sources: readonly AptSource[], keyring: string | undefined): string {
  const option = keyring === undefined ? "" : `[signed-by=${keyring}] `;
  const lines = sources.map((source) =>
    sourceLine({ ...source, uri: option + source.uri.replace(/\/\/[^/@]*@/, "//") }),
  );
  return `${lines.join("\n")}\n`;
}

/** Settings of the host's apt that decide whether its sources can be reached, as `NAME "VALUE";` each. */
export async function hostTransferSettings(signal?: AbortSignal): Promise<string[]> {
  const dump = await runProgram(["apt-config", "dump"], { signal });
  return dump.split("\n").filter((line) => /^Acquire::(https?|Retries)\b.*[^"]";$/.test(line));
}
