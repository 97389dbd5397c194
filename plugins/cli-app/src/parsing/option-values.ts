import type { CommandContext, CommandOption } from "@gantry/core";

import { InvalidValue, UsageError, invalidOption } from "./usage-error.ts";

/** Typed access to the options of a call; an error names the option in Docker's words. */
export class OptionValues {
  readonly #specs: readonly CommandOption[];
  readonly #values: CommandContext["options"];

  constructor(specs: readonly CommandOption[], values: CommandContext["options"]) {
    this.#specs = specs;
    this.#values = values;
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === "string" ? value : undefined;
  }

  list(name: string): readonly string[] {
    const value = this.#values[name];
    return Array.isArray(value) ? value : [];
  }

  /** The value as `parse` understands it, or `undefined` when the option was not given. */
  parsed<T>(name: string, parse: (value: string) => T): T | undefined {
    const value = this.text(name);
    return value === undefined ? undefined : this.#parse(name, value, parse);
  }

  parsedList<T>(name: string, parse: (value: string) => T): T[] {
    return this.list(name).map((value) => this.#parse(name, value, parse));
  }

  #parse<T>(name: string, value: string, parse: (value: string) => T): T {
    try {
      return parse(value);
    } catch (error) {
      const spec = this.#specs.find((candidate) => candidate.name === name);
      if (error instanceof InvalidValue && spec !== undefined) throw invalidOption(spec, value, error.message);
      throw error;
    }
  }
}

/** @throws UsageError with Docker's sentence when the number of arguments is not within the bounds */
export function requireArguments(command: string, given: readonly string[], minimum: number, maximum = Infinity): void {
  if (given.length >= minimum && given.length <= maximum) return;
  const plural = (count: number): string => `${count} argument${count === 1 ? "" : "s"}`;
  const name = `'docker ${command}'`;
  if (maximum === 0) throw new UsageError(`${name} accepts no arguments`, 1);
  if (minimum === maximum) throw new UsageError(`${name} requires ${plural(minimum)}`, 1);
  if (given.length < minimum) throw new UsageError(`${name} requires at least ${plural(minimum)}`, 1);
  throw new UsageError(`${name} requires at most ${plural(maximum)}`, 1);
}
