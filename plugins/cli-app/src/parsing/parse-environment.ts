import { cut } from "./parse-pairs.ts";
import { InvalidValue } from "./usage-error.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** `NAME=value`; `NAME` alone takes the caller's value and is left out (`undefined`) when the caller has none. */
export function parseVariable(text: string, environment: Environment): string | undefined {
  const [name, value] = cut(text);
  if (name === "") throw new InvalidValue(`invalid environment variable: ${text}`);
  if (value !== undefined) return text;
  const inherited = environment[name];
  return inherited === undefined ? undefined : `${name}=${inherited}`;
}

/** The variables of an `--env-file`: one a line, `#` begins a comment line. Values are taken as they stand, quotes too. */
export function parseEnvironmentFile(content: string, environment: Environment): string[] {
  const variables: string[] = [];
  for (const line of content.replace(/^\uFEFF/, "").split(/\r?\n/)) {
    const text = line.trimStart();
    if (text === "" || text.startsWith("#")) continue;
    const name = cut(text)[0];
    if (name === "") throw new InvalidValue(`no variable name on line '${text}'`);
    if (/\s/.test(name)) throw new InvalidValue(`variable '${name}' contains whitespaces`);
    const variable = parseVariable(text, environment);
    if (variable !== undefined) variables.push(variable);
  }
  return variables;
}
