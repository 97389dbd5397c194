import type { BoundValue, Plugin, Token } from "@gantry/core";

import type { Bench } from "./bench.ts";

/**
 * What the doc comment of an interface promises, as data: one check for each rule. Each check runs on a kernel and in a
 * directory of its own, so checks are independent of one another and of their order.
 */
export interface Contract<Subject, Extra extends object = object> {
  /** The interface's name. */
  readonly name: string;
  readonly token: Token<Subject>;
  readonly checks: readonly Check<Subject, Extra>[];
}

export interface Check<Subject, Extra extends object = object> {
  /** What is promised, as a sentence. */
  readonly rule: string;
  /** The check is left out where the driver's author says that it lacks this. */
  readonly feature?: string;
  readonly needs?: readonly Need[];
  /** Throws when the rule is broken. */
  run(bench: Bench<Subject, Extra>): Promise<void>;
}

export type Need = "root" | "linux";

/** What a plugin's author gives to have his plugin checked. */
export interface ContractOptions {
  /** The plugins that make up the subject. `dir` is fresh and empty; a restart asks again with the same one. */
  readonly plugins: (context: PluginContext) => readonly Plugin[];
  /** Bound beside `Paths` (beneath `dir`) and `Logger` (silent). */
  readonly values?: (context: PluginContext) => readonly BoundValue[];
  /** What the machine must have for any of it. */
  readonly needs?: readonly Need[];
  /** Features of the contract that the subject does not have; their checks are skipped by name. */
  readonly lacks?: readonly string[];
  /**
   * The URL of a module whose default export is the function `plugins`. With it, checks let a process of its own write by those
   * plugins, and kill it: `new URL("./crash-plugins.ts", import.meta.url)`.
   */
  readonly crash?: URL;
  /** Milliseconds that one check may take; default 20,000. */
  readonly timeout?: number;
}

export interface PluginContext {
  readonly dir: string;
}

/** Thrown by a check that does not apply to the subject. */
export class SkipError extends Error {
  override readonly name = "SkipError";
}

/** Leaves the check when the subject's own `features` say that it has nothing to promise here. */
export function skipUnless(condition: boolean, reason: string): asserts condition {
  if (!condition) throw new SkipError(reason);
}

/** The first need that this machine does not meet, in words. */
export function unmetNeed(needs: readonly Need[] = []): string | undefined {
  if (needs.includes("linux") && process.platform !== "linux") return "needs Linux";
  if (needs.includes("root") && process.geteuid?.() !== 0) return "needs root";
  return undefined;
}
