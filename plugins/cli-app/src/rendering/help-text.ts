import type { Command, CommandOption } from "@gantry/core";

import type { CommandEntry } from "../command-entry.ts";

const textWidth = 80;

/** Words that only group commands. */
export const commandGroups: Readonly<Record<string, string>> = {
  container: "Manage containers",
  image: "Manage images",
  system: "Manage Docker",
  volume: "Manage volumes",
};

/** The page of one command: `docker run --help`. */
export function commandHelp(command: Command): string {
  const names = [...(command.aliases ?? []), command.path].map((path) => `docker ${path.join(" ")}`);
  const parts = [`Usage:  docker ${command.path.join(" ")} ${command.synopsis}`.trimEnd(), command.summary];
  if (names.length > 1) parts.push(`Aliases:\n  ${names.join(", ")}`);
  if (command.options.length > 0) parts.push(`Options:\n${optionLines(command.options)}`);
  return `${parts.join("\n\n")}\n`;
}

/** The first page: `docker --help`. */
export function applicationHelp(entries: readonly CommandEntry[], globalOptions: readonly CommandOption[]): string {
  const plain = entries.filter(({ path }) => path.length === 1);
  const others = plain.filter((entry) => entry.common !== true);
  const groups = Object.entries(commandGroups).map(([name, summary]) => ({ path: [name], summary }));
  return [
    "Usage:  docker [OPTIONS] COMMAND [ARG...]",
    "A self-sufficient runtime for containers",
    `Common Commands:\n${commandLines(plain.filter((entry) => entry.common === true))}`,
    `Management Commands:\n${commandLines(groups)}`,
    `Commands:\n${commandLines(others.toSorted((a, b) => (a.path[0]! < b.path[0]! ? -1 : 1)))}`,
    `Global Options:\n${optionLines(globalOptions)}`,
    "Run 'docker COMMAND --help' for more information on a command.\n",
  ].join("\n\n");
}

/** The page of a word that only groups commands: `docker container --help`. */
export function groupHelp(group: string, entries: readonly CommandEntry[]): string {
  const members = entries.flatMap(({ path, aliases = [], summary }) => {
    const name = [path, ...aliases].find(([first, ...rest]) => first === group && rest.length > 0);
    return name === undefined ? [] : [{ path: name.slice(1), summary }];
  });
  return [
    `Usage:  docker ${group} COMMAND`,
    commandGroups[group] ?? "",
    `Commands:\n${commandLines(members.toSorted((a, b) => (a.path[0]! < b.path[0]! ? -1 : 1)))}`,
    `Run 'docker ${group} COMMAND --help' for more information on a command.\n`,
  ].join("\n\n");
}

/** As wide as Docker's lists of commands, whose longest name has ten characters. */
const commandWidth = 12;

function commandLines(entries: readonly Pick<CommandEntry, "path" | "summary">[]): string {
  return entries.map(({ path, summary }) => `  ${path.join(" ").padEnd(commandWidth)}${summary}`).join("\n");
}

function optionLines(options: readonly CommandOption[]): string {
  const sorted = options.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return twoColumns(sorted.map((option) => ({ left: optionLabel(option), right: optionSummary(option) })));
}

function optionLabel({ name, short, type, placeholder }: CommandOption): string {
  const value = placeholder ?? (type === "boolean" ? "" : type);
  return `  ${short === undefined ? "   " : `-${short},`} --${name} ${value}`.trimEnd();
}

function optionSummary({ summary, default: initial }: CommandOption): string {
  if (initial === undefined || initial === false || initial === "") return summary;
  return `${summary} (default ${typeof initial === "string" ? JSON.stringify(initial) : String(initial)})`;
}

function twoColumns(rows: readonly { left: string; right: string }[]): string {
  const indent = Math.max(...rows.map((row) => row.left.length)) + 3;
  return rows
    .map(({ left, right }) => left.padEnd(indent) + wrap(right, textWidth - indent).join(`\n${" ".repeat(indent)}`))
    .join("\n");
}

function wrap(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1)!;
    if (line === "") lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
