import { InvalidValue } from "./usage-error.ts";

/** `name=value`, or `name` alone for an empty value. */
export function parseLabel(text: string): readonly [string, string] {
  const [name, value] = cut(text);
  if (name === "") throw new InvalidValue(`invalid label '${text}': empty name`);
  return [name, value ?? ""];
}

export function parseFilter(text: string): readonly [string, string] {
  const [name, value] = cut(text);
  if (value === undefined) throw new InvalidValue("bad format of filter (expected name=value)");
  return [name.trim().toLowerCase(), value.trim()];
}

/** `name=value`, both needed. */
export function parseAssignment(text: string): readonly [string, string] {
  const [name, value] = cut(text);
  if (name === "" || value === undefined) throw new InvalidValue(`"${text}" is not of the form name=value`);
  return [name, value];
}

/** A directory, with the mount's options after a colon: `/run:size=64m`. */
export function parseTmpfs(text: string): readonly [string, string] {
  const colon = text.indexOf(":");
  const [path, options] = colon === -1 ? [text, ""] : [text.slice(0, colon), text.slice(colon + 1)];
  if (!path.startsWith("/")) throw new InvalidValue(`invalid tmpfs path '${path}': it must be absolute`);
  return [path, options];
}

/** Collects values by name, in order. */
export function groupPairs(pairs: readonly (readonly [string, string])[]): Record<string, string[]> {
  const groups: Record<string, string[]> = {};
  for (const [name, value] of pairs) (groups[name] ??= []).push(value);
  return groups;
}

/** Splits at the first `=`. */
export function cut(text: string): readonly [string, string | undefined] {
  const equals = text.indexOf("=");
  return equals === -1 ? [text, undefined] : [text.slice(0, equals), text.slice(equals + 1)];
}
