import type { Command, CommandOption } from "@gantry/core";

import type { CommandEntry } from "../command-entry.ts";

const textWidth = 80;

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
  const rows = entries.map((entry) => ({ left: `  ${entry.path.join(" ")}`, right: entry.summary }));
  return [
    "Usage:  docker [OPTIONS] COMMAND [ARG...]",
    "A self-sufficient runtime for containers",
    `Commands:\n${twoColumns(rows, 2, Infinity)}`,
    `Global Options:\n${optionLines(globalOptions)}`,
    "Run 'docker COMMAND --help' for more information on a command.\n",
  ].join("\n\n");
}

/** The page of a word that only groups commands: `docker container --help`. */
export function groupHelp(group: string, entries: readonly CommandEntry[]): string {
  const rows = entries.flatMap((entry) =>
    (entry.aliases ?? [])
      .filter((alias) => alias[0] === group)
      .map((alias) => ({ left: `  ${alias.slice(1).join(" ")}`, right: entry.summary })),
  );
  return [
    `Usage:  docker ${group} COMMAND`,
    `Commands:\n${twoColumns(rows, 2, Infinity)}`,
    `Run 'docker ${group} COMMAND --help' for more information on a command.\n`,
  ].join("\n\n");
}

function optionLines(options: readonly CommandOption[]): string {
  const sorted = options.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return twoColumns(
    sorted.map((option) => ({ left: optionLabel(option), right: optionSummary(option) })),
    3,
    textWidth,
  );
}

function optionLabel({ name, short, type, placeholder }: CommandOption): string {
  const value = placeholder ?? (type === "boolean" ? "" : type);
  return `  ${short === undefined ? "   " : `-${short},`} --${name} ${value}`.trimEnd();
}

function optionSummary({ summary, default: initial }: CommandOption): string {
  if (initial === undefined || initial === false || initial === "") return summary;
  return `${summary} (default ${typeof initial === "string" ? JSON.stringify(initial) : String(initial)})`;
}

function twoColumns(rows: readonly { left: string; right: string }[], gap: number, width: number): string {
  const indent = Math.max(...rows.map((row) => row.left.length)) + gap;
  return rows
    .map(({ left, right }) => left.padEnd(indent) + wrap(right, width - indent).join(`\n${" ".repeat(indent)}`))
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
