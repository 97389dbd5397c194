import { invalidArgument } from "../../engine-errors.ts";

/** The raw words of an instruction's arguments: split at blanks outside of quotes, with quotes and escapes left in. */
export function splitWords(text: string): readonly string[] {
  return text.match(/(?:\\.|'[^']*'?|"(?:\\.|[^"\\])*"?|[^\s\\'"]|\\$)+/gs) ?? [];
}

/**
 * A word without its quotes, and with the variables that it names, as a shell would read it: `$NAME`, `${NAME}`,
 * `${NAME:-word}`, `${NAME:+word}`. An unknown variable is empty.
 * @param env `NAME=value` each
 */
export function expandWord(word: string, env: readonly string[]): string {
  const variables = new Map(env.map((entry) => [entry.split("=", 1)[0]!, entry.slice(entry.indexOf("=") + 1)]));
  return new WordReader(word, variables).readAll();
}

class WordReader {
  readonly #text: string;
  readonly #variables: ReadonlyMap<string, string>;
  #at = 0;

  constructor(text: string, variables: ReadonlyMap<string, string>) {
    this.#text = text;
    this.#variables = variables;
  }

  readAll(): string {
    let result = "";
    while (this.#at < this.#text.length) result += this.#next();
    return result;
  }

  #next(): string {
    const character = this.#text[this.#at++]!;
    if (character === "'") return this.#singleQuoted();
    if (character === '"') return this.#doubleQuoted();
    if (character === "$") return this.#variable();
    if (character === "\\" && this.#at < this.#text.length) return this.#text[this.#at++]!;
    return character;
  }

  #singleQuoted(): string {
    const end = this.#text.indexOf("'", this.#at);
    if (end < 0) throw unterminated("single-quote");
    const quoted = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    return quoted;
  }

  #doubleQuoted(): string {
    let result = "";
    for (;;) {
      const character = this.#text[this.#at++];
      if (character === undefined) throw unterminated("double-quote");
      if (character === '"') return result;
      if (character === "$") result += this.#variable();
      else if (character === "\\" && /["$\\]/.test(this.#text[this.#at] ?? "")) result += this.#text[this.#at++];
      else result += character;
    }
  }

  #variable(): string {
    const rest = this.#text.slice(this.#at);
    const plain = /^(?:[A-Za-z_]\w*|\d|[@*#?$!-])/.exec(rest)?.[0];
    if (plain !== undefined) {
      this.#at += plain.length;
      return this.#variables.get(plain) ?? "";
    }
    if (!rest.startsWith("{")) return "$";
    const end = closingBrace(rest);
    const inner = rest.slice(1, end);
    const match = /^([A-Za-z_]\w*|\d+)(?:(:?)([-+])(.*))?$/s.exec(inner);
    if (!match) throw invalidArgument(`unsupported modifier in substitution: \${${inner}}`, { field: "changes" });
    this.#at += end + 1;
    const [, name, colon, operator, word = ""] = match;
    const value = this.#variables.get(name!);
    const isSet = value !== undefined && !(colon === ":" && value === "");
    if (operator === undefined) return value ?? "";
    if (operator === "-" && isSet) return value;
    if (operator === "+" && !isSet) return "";
    return new WordReader(word, this.#variables).readAll();
  }
}

function closingBrace(text: string): number {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === "{") depth += 1;
    else if (text[at] === "}" && (depth -= 1) === 0) return at;
  }
  throw unterminated("brace");
}

function unterminated(what: string): Error {
  return invalidArgument(`unexpected end of statement while looking for matching ${what}`, { field: "changes" });
}
