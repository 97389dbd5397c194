import type { Constructor } from "./plugin.ts";
import type { Token } from "./token.ts";

// A global symbol on the class itself: a plugin that carries its own copy of this package is read like any other.
const key = Symbol.for("@gantry/core/injected-tokens");

interface Marked {
  [key]?: Map<number, Token<unknown>>;
}

/** Records that a constructor takes a token at a parameter position. */
export function recordInjectedToken(implementation: object, position: number, token: Token<unknown>): void {
  const marked = implementation as Marked;
  if (!Object.hasOwn(marked, key)) Object.defineProperty(marked, key, { value: new Map() });
  marked[key]!.set(position, token);
}

/** The tokens that a constructor takes, by position; those of the base class where it declares none. */
export function injectedTokens(implementation: Constructor<unknown>): ReadonlyMap<number, Token<unknown>> {
  return (implementation as Marked)[key] ?? new Map();
}
