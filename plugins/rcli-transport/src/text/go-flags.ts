/** An option of a command, in the syntax of Go's flag package: one dash or two, `-x=value` or `-x value`, a boolean alone or `-x=false`. */
export type FlagDefinition =
  | { readonly name: string; readonly type: "boolean"; readonly default: boolean; readonly usage: string }
  | { readonly name: string; readonly type: "string"; readonly default: string; readonly usage: string }
  | { readonly name: string; readonly type: "integer"; readonly default: number; readonly usage: string };

export interface ParsedFlags {
  readonly flags: FlagValues;
  readonly arguments: readonly string[];
}

/** `help` was asked for, or the words do not fit the definitions, which the message then says. */
export class FlagError extends Error {}

export class FlagValues {
  readonly #values: ReadonlyMap<string, string | boolean | number>;

  constructor(values: ReadonlyMap<string, string | boolean | number>) {
    this.#values = values;
  }

  on(name: string): boolean {
    return this.#values.get(name) === true;
  }

  text(name: string): string {
    return String(this.#values.get(name) ?? "");
  }

  integer(name: string): number {
    return Number(this.#values.get(name) ?? 0);
  }
}

const truths: Readonly<Record<string, boolean>> = {
  "1": true,
  t: true,
  T: true,
  true: true,
  TRUE: true,
  True: true,
  "0": false,
  f: false,
  F: false,
  false: false,
  FALSE: false,
  False: false,
};

/** Reads options up to the first word that is none, or `--`. @throws FlagError */
export function parseFlags(definitions: readonly FlagDefinition[], argv: readonly string[]): ParsedFlags {
  const values = new Map<string, string | boolean | number>(definitions.map((flag) => [flag.name, flag.default]));
  let index = 0;
  for (; index < argv.length; index += 1) {
    const word = argv[index]!;
    if (word === "--") {
      index += 1;
      break;
    }
    if (!word.startsWith("-") || word === "-") break;
    const [, name = "", value] = /^--?([^=]*)(?:=(.*))?$/s.exec(word)!;
    const definition = find(definitions, name, word);
    if (value !== undefined) values.set(name, convert(definition, value));
    else if (definition.type === "boolean") values.set(name, true);
    else {
      index += 1;
      const next = argv[index];
      if (next === undefined) throw new FlagError(`flag needs an argument: -${name}`);
      values.set(name, convert(definition, next));
    }
  }
  return { flags: new FlagValues(values), arguments: argv.slice(index) };
}

function find(definitions: readonly FlagDefinition[], name: string, word: string): FlagDefinition {
  if (name === "" || name.startsWith("-")) throw new FlagError(`bad flag syntax: ${word}`);
  const found = definitions.find((flag) => flag.name === name);
  if (found !== undefined) return found;
  if (name === "help" || name === "h") throw new FlagError();
  throw new FlagError(`flag provided but not defined: -${name}`);
}

function convert({ name, type }: FlagDefinition, value: string): string | boolean | number {
  if (type === "string") return value;
  if (type === "boolean") {
    if (Object.hasOwn(truths, value)) return truths[value]!;
    throw new FlagError(`invalid boolean value ${JSON.stringify(value)} for  -${name}`);
  }
  if (/^[+-]?\d+$/.test(value) && Number.isSafeInteger(Number(value))) return Number(value);
  throw new FlagError(`invalid value ${JSON.stringify(value)} for flag -${name}`);
}

/** The options' part of a usage, by name. */
export function flagDefaults(definitions: readonly FlagDefinition[]): string {
  return definitions
    .toSorted((left, right) => (left.name < right.name ? -1 : 1))
    .map((flag) => {
      const value = flag.type === "string" ? JSON.stringify(flag.default) : String(flag.default);
      return `  -${flag.name}=${value}: ${flag.usage}\n`;
    })
    .join("");
}
