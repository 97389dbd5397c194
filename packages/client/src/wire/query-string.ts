import { EngineError } from "@gantry/core";

export type QueryValue = string | number | bigint | boolean | readonly string[] | undefined;
export type QueryParameters = Readonly<Record<string, QueryValue>>;

/** With its question mark; what is `undefined` or false is left out, a list is repeated. */
export function queryString(parameters: QueryParameters): string {
  const pairs = Object.entries(parameters).flatMap(([name, value]) => {
    if (value === undefined || value === false) return [];
    const values = Array.isArray(value) ? (value as readonly string[]) : [value === true ? "1" : String(value)];
    return values.map((item) => `${name}=${encodeURIComponent(item)}`);
  });
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

/** Filters as the API takes them: `{"name":{"value":true}}`; `undefined` where there are none. */
export function filterParameter(filters: Readonly<Record<string, readonly string[]>> = {}): string | undefined {
  const names = Object.entries(filters);
  if (names.length === 0) return undefined;
  const sets = names.map(([name, values]) => [name, Object.fromEntries(values.map((value) => [value, true]))] as const);
  return JSON.stringify(Object.fromEntries(sets));
}

/** The name or id of a container, an exec or a volume as a part of a path. Errors: `invalid-argument` for an empty one. */
export function namePart(name: string): string {
  const plain = name.replace(/^\//, "");
  if (plain === "" || plain === "." || plain === "..") {
    throw new EngineError("invalid-argument", `invalid name "${name}": give an id or a name`);
  }
  return encodeURIComponent(plain);
}

/** An image's name in a path. Its separators stay as they are: servers take the name as it comes. */
export function imagePart(name: string): string {
  if (name === "" || name.split("/").some((part) => part === "" || part === "." || part === "..")) {
    throw new EngineError("invalid-argument", `invalid reference format: "${name}"`);
  }
  return encodeURIComponent(name).replaceAll("%2F", "/").replaceAll("%3A", ":").replaceAll("%40", "@");
}

/** Nanoseconds since the epoch as the API takes a time: `1714564800.000000001`. */
export function timeParameter(nanoseconds: bigint | undefined): string | undefined {
  if (nanoseconds === undefined) return undefined;
  const second = 1_000_000_000n;
  return `${nanoseconds / second}.${String(nanoseconds % second).padStart(9, "0")}`;
}
