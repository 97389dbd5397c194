import { display } from "./display.ts";
import { printf } from "./printf.ts";
import { TemplateError } from "./template-error.ts";

export type TemplateFunctions = Readonly<Record<string, (...values: unknown[]) => unknown>>;

/** The functions of Go's templates and of Docker's formats. */
export const templateFunctions: TemplateFunctions = {
  json: (value) => toJson(value),
  join: (list, separator) => toList(list).map(display).join(display(separator)),
  split: (text, separator) => display(text).split(display(separator)),
  lower: (text) => display(text).toLowerCase(),
  upper: (text) => display(text).toUpperCase(),
  title: (text) => display(text).replaceAll(/\b\p{L}/gu, (letter) => letter.toUpperCase()),
  truncate: (text, length) => Array.from(display(text)).slice(0, toCount(length)).join(""),
  pad: (text, before, after) =>
    display(text) === "" ? "" : " ".repeat(toCount(before)) + display(text) + " ".repeat(toCount(after)),
  print: (...values) => values.map(display).join(""),
  println: (...values) => `${values.map(display).join(" ")}\n`,
  printf: (format, ...values) => printf(display(format), values),
  len: (value) => (typeof value === "string" ? new TextEncoder().encode(value).length : toList(value).length),
  index: (value, ...keys) => keys.reduce((inner, key) => toIndexable(inner)[String(key)] ?? "", value),
  slice: (value, from = 0, to) => sliceable(value).slice(toCount(from), to === undefined ? undefined : toCount(to)),
  eq: (first, ...others) => others.some((other) => other === first),
  ne: (first, second) => first !== second,
  lt: (first, second) => Number(first) < Number(second),
  le: (first, second) => Number(first) <= Number(second),
  gt: (first, second) => Number(first) > Number(second),
  ge: (first, second) => Number(first) >= Number(second),
  not: (value) => !isTrue(value),
  and: (...values) => values.find((value) => !isTrue(value)) ?? values.at(-1),
  or: (...values) => values.find(isTrue) ?? values.at(-1),
};

const unchanged = (value: unknown): unknown => value;

/** For the headings of a table: functions that change a value leave a heading as it is. */
export const headingFunctions: TemplateFunctions = {
  ...templateFunctions,
  json: unchanged,
  join: unchanged,
  split: unchanged,
  lower: unchanged,
  upper: unchanged,
  title: unchanged,
  truncate: unchanged,
};

/** For a document of the API, whose fields are shown in its own order. */
export const documentFunctions: TemplateFunctions = {
  ...templateFunctions,
  json: (value) => JSON.stringify(value ?? null),
};

/** As Go decides in `if`: empty values are false. */
export function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** JSON with the keys of a row in order, as Docker prints rows; functions of a row are left out. */
export function toJson(value: unknown): string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return JSON.stringify(value ?? null);
  return JSON.stringify(Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))));
}

function toList(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  if (typeof value === "object" && value !== null) return Object.values(value);
  throw new TemplateError(`can't iterate over ${display(value)}`);
}

function toIndexable(value: unknown): Record<string, unknown> {
  if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  throw new TemplateError(`can't index ${display(value)}`);
}

function sliceable(value: unknown): string | unknown[] {
  if (typeof value === "string" || Array.isArray(value)) return value;
  throw new TemplateError(`can't slice ${display(value)}`);
}

function toCount(value: unknown): number {
  const count = Number(value);
  if (!Number.isInteger(count) || count < 0 || count > 10_000)
    throw new TemplateError(`${display(value)} is no length`);
  return count;
}
