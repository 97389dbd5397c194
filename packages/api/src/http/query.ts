import { EngineError } from "@gantry/core";
import type { Filters } from "@gantry/engine";

/** The query of a request, read as Docker reads it. Errors: `invalid-argument`, naming the parameter. */
export class Query {
  readonly #parameters: URLSearchParams;

  constructor(text: string) {
    this.#parameters = new URLSearchParams(text);
  }

  has(name: string): boolean {
    return this.#parameters.has(name);
  }

  /** `""` when it is absent. */
  string(name: string): string {
    return this.#parameters.get(name) ?? "";
  }

  /** `undefined` when it is absent or empty. */
  optional(name: string): string | undefined {
    return this.#parameters.get(name) || undefined;
  }

  all(name: string): readonly string[] {
    return this.#parameters.getAll(name);
  }

  /** Anything is true but the empty string, `0`, `no`, `false` and `none`. */
  boolean(name: string, absent = false): boolean {
    const value = this.#parameters.get(name);
    if (value === null) return absent;
    return !["", "0", "no", "false", "none"].includes(value.trim().toLowerCase());
  }

  integer(name: string): number | undefined {
    const value = this.optional(name);
    if (value === undefined) return undefined;
    if (!/^[+-]?\d{1,15}$/.test(value)) throw invalid(name, `${JSON.stringify(value)} is not a number`);
    return Number(value);
  }

  /** Seconds since the epoch, with up to nine decimals, as nanoseconds. */
  time(name: string): bigint | undefined {
    const value = this.optional(name);
    if (value === undefined) return undefined;
    const match = /^(-?\d{1,18})(?:\.(\d{1,9}))?$/.exec(value);
    if (match === null) throw invalid(name, `${JSON.stringify(value)} is not a time in seconds since the epoch`);
    return BigInt(match[1]!) * 1_000_000_000n + BigInt((match[2] ?? "").padEnd(9, "0"));
  }

  /** Either form that clients send: `{"label":{"a=b":true}}`, `{"label":["a=b"]}`. */
  filters(): Filters {
    const value = this.optional("filters");
    if (value === undefined) return {};
    const parsed = parseFilters(value);
    return Object.fromEntries(Object.entries(parsed).map(([name, given]) => [name, filterValues(name, given)]));
  }
}

function parseFilters(value: string): object {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    throw invalid("filters", "it is not JSON");
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw invalid("filters", "it must map names to values");
  }
  return parsed;
}

function filterValues(name: string, given: unknown): readonly string[] {
  if (Array.isArray(given) && given.every((item): item is string => typeof item === "string")) return given;
  if (typeof given === "object" && given !== null && !Array.isArray(given)) {
    return Object.entries(given).flatMap(([value, chosen]) => (chosen === false ? [] : [value]));
  }
  throw invalid("filters", `${JSON.stringify(name)} must have a list or a map of values`);
}

function invalid(name: string, why: string): EngineError {
  return new EngineError("invalid-argument", `invalid parameter ${name}: ${why}`, { details: { field: name } });
}
