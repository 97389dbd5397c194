import type { CommandContext, CommandOption } from "@gantry/core";

import { UsageError, invalidOption } from "./usage-error.ts";

export type ParsedArguments = Pick<CommandContext, "arguments" | "options">;

/**
 * Parses arguments by Docker's grammar: `--name value`, `--name=value`, `-n value`, `-nvalue`, `-n=value`, clusters of short
 * booleans (`-it`, the last may take a value), `--flag=false`, `--` ends the options.
 * @param stopAtFirstArgument options end at the first argument, as in `run IMAGE -c`
 * @throws UsageError in Docker's words
 */
export function parseOptions(
  specs: readonly CommandOption[],
  argv: readonly string[],
  stopAtFirstArgument: boolean,
): ParsedArguments {
  const parser = new OptionParser(specs, argv);
  return parser.parse(stopAtFirstArgument);
}

const truths = new Set(["1", "t", "T", "true", "TRUE", "True"]);
const falsehoods = new Set(["0", "f", "F", "false", "FALSE", "False"]);

class OptionParser {
  readonly #specs: readonly CommandOption[];
  readonly #rest: string[];
  readonly #values: Record<string, string | boolean | string[] | undefined> = {};

  constructor(specs: readonly CommandOption[], argv: readonly string[]) {
    this.#specs = specs;
    this.#rest = [...argv];
    for (const spec of specs) if (spec.default !== undefined) this.#values[spec.name] = spec.default;
  }

  parse(stopAtFirstArgument: boolean): ParsedArguments {
    const plain: string[] = [];
    for (let word = this.#rest.shift(); word !== undefined; word = this.#rest.shift()) {
      if (word === "--") break;
      if (word.startsWith("--")) this.#long(word);
      else if (word.startsWith("-") && word !== "-") this.#shorts(word);
      else {
        plain.push(word);
        if (stopAtFirstArgument) break;
      }
    }
    return { arguments: [...plain, ...this.#rest], options: this.#values };
  }

  #long(word: string): void {
    const equals = word.indexOf("=");
    const name = word.slice(2, equals === -1 ? undefined : equals);
    if (name === "" || name.startsWith("-")) throw new UsageError(`bad flag syntax: ${word}`);
    const spec = this.#specs.find((candidate) => candidate.name === name);
    if (spec === undefined) throw new UsageError(`unknown flag: --${name}`);
    if (equals !== -1) this.#assign(spec, word.slice(equals + 1));
    else if (spec.type === "boolean") this.#assign(spec, "true");
    else this.#assign(spec, this.#next(`flag needs an argument: --${name}`));
  }

  #shorts(word: string): void {
    for (let index = 1; index < word.length; index += 1) {
      const letter = word[index]!;
      const spec = this.#specs.find((candidate) => candidate.short === letter);
      if (spec === undefined) throw new UsageError(`unknown shorthand flag: '${letter}' in -${word.slice(index)}`);
      const rest = word.slice(index + 1);
      if (rest.startsWith("=")) return this.#assign(spec, rest.slice(1));
      if (spec.type === "boolean") this.#assign(spec, "true");
      else if (rest !== "") return this.#assign(spec, rest);
      else this.#assign(spec, this.#next(`flag needs an argument: '${letter}' in -${word.slice(index)}`));
    }
  }

  #next(complaint: string): string {
    const value = this.#rest.shift();
    if (value === undefined) throw new UsageError(complaint);
    return value;
  }

  #assign(spec: CommandOption, value: string): void {
    if (spec.type === "string") this.#values[spec.name] = value;
    else if (spec.type === "boolean") this.#values[spec.name] = parseBoolean(spec, value);
    else {
      const list = this.#values[spec.name];
      this.#values[spec.name] = [...(Array.isArray(list) ? list : []), value];
    }
  }
}

function parseBoolean(spec: CommandOption, value: string): boolean {
  if (truths.has(value)) return true;
  if (falsehoods.has(value)) return false;
  throw invalidOption(spec, value, `strconv.ParseBool: parsing "${value}": invalid syntax`);
}
