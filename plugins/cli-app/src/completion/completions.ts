import type { Command, CommandOption } from "@gantry/core";

import type { CommandEntry } from "../command-entry.ts";
import type { ConnectedEngine, EngineConnector } from "../connected-engine.ts";
import { globalOptions } from "../global-options.ts";
import { commandGroups } from "../rendering/help-text.ts";
import { printable } from "../rendering/short-text.ts";
import type { ContainerListItem, ImageListItem, VolumeItem } from "../rendering/api-documents.ts";

interface Candidate {
  word: string;
  /** Shown beside it by shells that do. */
  summary?: string;
}

/**
 * What can stand where the last word is being typed: commands, options, or the names of what a command takes. One candidate a
 * line, with its summary after a tab; nothing where only the shell knows, as for files.
 */
export async function completions(
  commands: readonly CommandEntry[],
  words: readonly string[],
  connector: EngineConnector,
): Promise<string> {
  const typed = words.at(-1) ?? "";
  const before = withoutGlobalOptions(words.slice(0, -1));
  const found = await candidates(commands, before, typed, connector);
  return found
    .filter(({ word }) => word.startsWith(typed))
    .map(({ word, summary }) => `${word}${summary === undefined ? "" : `\t${printable(summary)}`}\n`)
    .join("");
}

async function candidates(
  commands: readonly CommandEntry[],
  before: readonly string[],
  typed: string,
  connector: EngineConnector,
): Promise<readonly Candidate[]> {
  const names = commands.flatMap((entry) => [entry.path, ...(entry.aliases ?? [])].map((path) => ({ path, entry })));
  const matching = names.filter(({ path }) => path.every((word, index) => before[index] === word));
  const best = matching.toSorted((a, b) => b.path.length - a.path.length)[0];
  if (best !== undefined) {
    const command = await best.entry.load(connector);
    const rest = before.slice(best.path.length);
    if (typed.startsWith("-")) return optionWords(command.options);
    return expectsValue(command, rest.at(-1)) ? [] : namesFor(command, rest, connector);
  }
  if (before.length === 0 && typed.startsWith("-")) return optionWords(globalOptions);
  const next = names.filter(({ path }) => path.length > before.length && before.every((word, i) => path[i] === word));
  const words = next.map(({ path, entry }) => {
    const word = path[before.length]!;
    return { word, summary: path.length === before.length + 1 ? entry.summary : (commandGroups[word] ?? "") };
  });
  return [...new Map(words.map((candidate) => [candidate.word, candidate])).values()];
}

/** Drops the options before the command, with their values. */
function withoutGlobalOptions(words: readonly string[]): readonly string[] {
  let rest = words;
  while (rest[0]?.startsWith("-")) {
    const option = optionOf(globalOptions, rest[0]);
    rest = rest.slice(option !== undefined && option.type !== "boolean" && !rest[0].includes("=") ? 2 : 1);
  }
  return rest;
}

function optionOf(options: readonly CommandOption[], word: string): CommandOption | undefined {
  const name = word.replace(/^-+/, "").split("=")[0]!;
  if (word.startsWith("--")) return options.find((option) => option.name === name);
  return options.find((option) => option.short === name.at(-1));
}

function expectsValue({ options }: Command, word: string | undefined): boolean {
  if (word === undefined || !word.startsWith("-") || word.includes("=")) return false;
  return (optionOf(options, word)?.type ?? "boolean") !== "boolean";
}

function optionWords(options: readonly CommandOption[]): Candidate[] {
  return options.map(({ name, summary }) => ({ word: `--${name}`, summary }));
}

/** By what the synopsis of a command says that it takes. */
async function namesFor(
  { synopsis, stopAtFirstArgument }: Command,
  rest: readonly string[],
  connector: EngineConnector,
): Promise<readonly Candidate[]> {
  const shells = /bash\|zsh\|fish/.exec(synopsis)?.[0];
  if (shells !== undefined) return shells.split("|").map((word) => ({ word }));
  const hasArgument = rest.some((word) => !word.startsWith("-"));
  if (stopAtFirstArgument === true && hasArgument) return [];
  const kind = /\b(CONTAINER|IMAGE|VOLUME|NAME\|ID)\b/.exec(synopsis)?.[1];
  if (kind === undefined) return [];
  try {
    const engine = await connector.connect();
    if (kind === "IMAGE") return await imageNames(engine);
    if (kind === "VOLUME") return await volumeNames(engine);
    const containers = await containerNames(engine);
    return kind === "CONTAINER" ? containers : [...containers, ...(await imageNames(engine))];
  } catch {
    // Without an engine there are no names; the shell's line is no place for a message.
    return [];
  }
}

async function containerNames(engine: ConnectedEngine): Promise<Candidate[]> {
  const containers = await engine.document<readonly ContainerListItem[]>("/containers/json", { all: true });
  return containers.flatMap(({ Names, Image = "" }) =>
    (Names ?? []).map((name) => ({ word: name.replace(/^\//, ""), summary: Image })),
  );
}

async function imageNames(engine: ConnectedEngine): Promise<Candidate[]> {
  const images = await engine.document<readonly ImageListItem[]>("/images/json");
  return images.flatMap(({ RepoTags }) => (RepoTags ?? []).map((word) => ({ word })));
}

async function volumeNames(engine: ConnectedEngine): Promise<Candidate[]> {
  const { Volumes } = await engine.document<{ Volumes?: readonly VolumeItem[] | null }>("/volumes");
  return (Volumes ?? []).map(({ Name }) => ({ word: Name }));
}
