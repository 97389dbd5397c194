import { invalidArgument } from "../engine-errors.ts";
import type { Filters } from "../face/container-verbs.ts";
import { parseDuration } from "../parse-duration.ts";

export interface Prunable {
  labels: Readonly<Record<string, string>>;
  /** RFC 3339. */
  createdAt: string;
}

/**
 * What a prune may take, by `until`, `label` and `label!`. Several labels must all hold.
 * @param known further filters, which the caller deals with himself
 * Errors: `invalid-argument` for an unknown filter or a malformed time.
 */
export function pruneFilter(filters: Filters, known: readonly string[] = []): (item: Prunable) => boolean {
  for (const name of Object.keys(filters)) {
    if (![...known, "until", "label", "label!"].includes(name))
      throw invalidArgument(`invalid filter '${name}'`, { filter: name });
  }
  const until = filters["until"] ?? [];
  if (until.length > 1) throw invalidArgument("more than one until filter specified", { filter: "until" });
  const latest = until[0] === undefined ? Infinity : momentOf(until[0]);
  const wanted = filters["label"] ?? [];
  const unwanted = filters["label!"] ?? [];
  return ({ labels, createdAt }) =>
    Date.parse(createdAt) <= latest &&
    wanted.every((label) => hasLabel(labels, label)) &&
    !unwanted.some((label) => hasLabel(labels, label));
}

/** Whether a `key` or `key=value` is among labels. */
export function hasLabel(labels: Readonly<Record<string, string>>, label: string): boolean {
  const equals = label.indexOf("=");
  const key = equals < 0 ? label : label.slice(0, equals);
  return Object.hasOwn(labels, key) && (equals < 0 || labels[key] === label.slice(equals + 1));
}

/** Whether a filter that is `true` or `false` is set. Errors: `invalid-argument`. */
export function booleanFilter(filters: Filters, name: string, fallback: boolean): boolean {
  const values = filters[name];
  if (values === undefined || values.length === 0) return fallback;
  if (values.every((value) => /^(1|t|true)$/i.test(value))) return true;
  if (values.every((value) => /^(0|f|false)$/i.test(value))) return false;
  throw invalidArgument(`invalid filter '${name}=${values.join(",")}'`, { filter: name });
}

/** Milliseconds since the epoch: of a duration before now, of seconds since the epoch, or of a date. */
function momentOf(text: string): number {
  const duration = parseDuration(text);
  if (duration !== undefined) return Date.now() - duration / 1e6;
  const moment = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text);
  if (Number.isNaN(moment)) throw invalidArgument(`invalid filter 'until=${text}'`, { filter: "until" });
  return moment;
}
