import { FormatError } from "./format-error.ts";

/**
 * Reads fields out of a parsed JSON document and names the field that is wrong. `null` counts as absent, since Go programs
 * write it for empty lists and maps.
 */
export class JsonReader {
  readonly #value: Readonly<Record<string, unknown>>;
  readonly #where: string;

  private constructor(value: Readonly<Record<string, unknown>>, where: string) {
    this.#value = value;
    this.#where = where;
  }

  /** @param what names the document in error messages: `image manifest` */
  static parse(content: Uint8Array | string, what: string): JsonReader {
    const text = typeof content === "string" ? content : new TextDecoder().decode(content);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw new FormatError(`invalid ${what}: not a JSON document`);
    }
    if (!isObject(value)) throw new FormatError(`invalid ${what}: not a JSON object`);
    return new JsonReader(value, `invalid ${what}: `);
  }

  string(name: string): string {
    return this.optionalString(name) ?? this.#fail(name, "is missing");
  }

  optionalString(name: string): string | undefined {
    const value = this.#get(name);
    return value === undefined || typeof value === "string" ? value : this.#fail(name, "is not a string");
  }

  optionalBoolean(name: string): boolean | undefined {
    const value = this.#get(name);
    return value === undefined || typeof value === "boolean" ? value : this.#fail(name, "is not a boolean");
  }

  /** A whole number, not negative. */
  size(name: string): number {
    return this.optionalSize(name) ?? this.#fail(name, "is missing");
  }

  optionalSize(name: string): number | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    return typeof value === "number" && Number.isSafeInteger(value) && value >= 0
      ? value
      : this.#fail(name, "is not a size");
  }

  optionalStrings(name: string): readonly string[] | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    return Array.isArray(value) && value.every((item) => typeof item === "string")
      ? value
      : this.#fail(name, "is not a list of strings");
  }

  optionalStringMap(name: string): Readonly<Record<string, string>> | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    return isObject(value) && Object.values(value).every((item) => typeof item === "string")
      ? (value as Record<string, string>)
      : this.#fail(name, "is not a map of strings");
  }

  /** The keys of a map whose values mean nothing, as Go writes a set. */
  optionalKeys(name: string): readonly string[] | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    return isObject(value) ? Object.keys(value) : this.#fail(name, "is not an object");
  }

  object(name: string): JsonReader {
    return this.optionalObject(name) ?? this.#fail(name, "is missing");
  }

  optionalObject(name: string): JsonReader | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    return isObject(value) ? new JsonReader(value, `${this.#where}${name}.`) : this.#fail(name, "is not an object");
  }

  /** An absent list is empty. */
  objects(name: string): readonly JsonReader[] {
    const value = this.#get(name) ?? [];
    if (!Array.isArray(value)) return this.#fail(name, "is not a list");
    return value.map((item: unknown, index) =>
      isObject(item)
        ? new JsonReader(item, `${this.#where}${name}[${index}].`)
        : this.#fail(`${name}[${index}]`, "is not an object"),
    );
  }

  #get(name: string): unknown {
    return this.#value[name] ?? undefined;
  }

  #fail(name: string, problem: string): never {
    throw new FormatError(`${this.#where}${name} ${problem}`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
