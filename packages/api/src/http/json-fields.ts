import { EngineError } from "@gantry/core";

/**
 * The fields of a JSON object in a request, read as Docker reads them: names in any case, `null` as absent. Every reader
 * answers `undefined` for an absent field. Errors: `invalid-argument`, naming the field by its path.
 */
export class JsonFields {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #path: string;
  #lowerCased: Map<string, string> | undefined;

  /** @param path of the object within the body; empty for the body itself */
  constructor(fields: Readonly<Record<string, unknown>>, path: string) {
    this.#fields = fields;
    this.#path = path;
  }

  /** The names that the request has, as it writes them. */
  names(): readonly string[] {
    return Object.keys(this.#fields);
  }

  raw(name: string): unknown {
    const value = Object.hasOwn(this.#fields, name) ? this.#fields[name] : this.#otherCase(name);
    return value ?? undefined;
  }

  string(name: string): string | undefined {
    return this.#typed(name, "a string", (value): value is string => typeof value === "string");
  }

  boolean(name: string): boolean | undefined {
    return this.#typed(name, "a boolean", (value): value is boolean => typeof value === "boolean");
  }

  integer(name: string): number | undefined {
    return this.#typed(name, "an integer", (value): value is number => Number.isSafeInteger(value));
  }

  strings(name: string): readonly string[] | undefined {
    return this.#typed(name, "a list of strings", isStrings);
  }

  /** A command line: a list, or one word. */
  words(name: string): readonly string[] | undefined {
    const value = this.raw(name);
    return typeof value === "string" ? [value] : this.strings(name);
  }

  integers(name: string): readonly number[] | undefined {
    return this.#typed(
      name,
      "a list of integers",
      (value): value is number[] => Array.isArray(value) && value.every((item) => Number.isSafeInteger(item)),
    );
  }

  stringMap(name: string): Readonly<Record<string, string>> | undefined {
    return this.#typed(
      name,
      "an object of strings",
      (value): value is Record<string, string> => isObject(value) && isStrings(Object.values(value)),
    );
  }

  /** The names of a set: `{"80/tcp": {}}`. */
  keys(name: string): readonly string[] | undefined {
    const value = this.#typed(name, "an object", isObject);
    return value && Object.keys(value);
  }

  object(name: string): JsonFields | undefined {
    const value = this.#typed(name, "an object", isObject);
    return value && new JsonFields(value, this.pathOf(name));
  }

  objects(name: string): readonly JsonFields[] | undefined {
    const value = this.#typed(
      name,
      "a list of objects",
      (given): given is Record<string, unknown>[] => Array.isArray(given) && given.every(isObject),
    );
    return value?.map((item, index) => new JsonFields(item, `${this.pathOf(name)}[${index}]`));
  }

  /** How errors name a field: `HostConfig.Memory`. */
  pathOf(name: string): string {
    return this.#path === "" ? name : `${this.#path}.${name}`;
  }

  #typed<T>(name: string, wanted: string, is: (value: unknown) => value is T): T | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (is(value)) return value;
    const field = this.pathOf(name);
    throw new EngineError("invalid-argument", `invalid JSON: ${field} must be ${wanted}`, { details: { field } });
  }

  #otherCase(name: string): unknown {
    this.#lowerCased ??= new Map(Object.keys(this.#fields).map((key) => [key.toLowerCase(), key]));
    const key = this.#lowerCased.get(name.toLowerCase());
    return key === undefined ? undefined : this.#fields[key];
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
