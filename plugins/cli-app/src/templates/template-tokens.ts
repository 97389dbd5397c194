import { TemplateError } from "./template-error.ts";

export type Token =
  | { kind: "word"; text: string }
  | { kind: "field"; path: readonly string[] }
  /** `$` is the value that the template was begun with. */
  | { kind: "variable"; name: string; path: readonly string[] }
  /** Fields of what stands in the parentheses before. */
  | { kind: "chain"; path: readonly string[] }
  | { kind: "literal"; value: string | number | boolean | null }
  | { kind: "punctuation"; text: "(" | ")" | "|" | ":=" | "=" | "," };

const pattern =
  /\s+|(?<string>"(?:[^"\\]|\\.)*")|`(?<raw>[^`]*)`|(?<number>-?\d+(?:\.\d+)?)|(?<variable>\$\w*(?:\.[A-Za-z_]\w*)*)|(?<chain>(?<=\))(?:\.[A-Za-z_]\w*)+)|(?<field>\.(?:[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)?)|(?<word>[A-Za-z_]\w*)|(?<punctuation>:=|[()|=,])/y;

/** Splits what stands between `{{` and `}}`. */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  pattern.lastIndex = 0;
  while (pattern.lastIndex < source.length) {
    const start = pattern.lastIndex;
    const match = pattern.exec(source);
    if (match === null) throw new TemplateError(`unexpected "${source.slice(start)[0]}" in operand`);
    const token = toToken(match.groups ?? {});
    if (token !== undefined) tokens.push(token);
  }
  return tokens;
}

function toToken(groups: Record<string, string | undefined>): Token | undefined {
  const { string, raw, number, variable, chain, field, word, punctuation } = groups;
  if (string !== undefined) return { kind: "literal", value: unquote(string) };
  if (raw !== undefined) return { kind: "literal", value: raw };
  if (number !== undefined) return { kind: "literal", value: Number(number) };
  if (variable !== undefined) {
    const [name = "", ...path] = variable.split(".");
    return { kind: "variable", name, path };
  }
  if (chain !== undefined) return { kind: "chain", path: chain.slice(1).split(".") };
  if (field !== undefined) return { kind: "field", path: field === "." ? [] : field.slice(1).split(".") };
  if (punctuation !== undefined) return { kind: "punctuation", text: punctuation as "(" };
  if (word === "true" || word === "false") return { kind: "literal", value: word === "true" };
  if (word === "nil") return { kind: "literal", value: null };
  return word === undefined ? undefined : { kind: "word", text: word };
}

function unquote(quoted: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    throw new TemplateError(`invalid string ${quoted}`);
  }
}
