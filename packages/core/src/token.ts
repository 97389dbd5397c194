/**
 * A token names an interface at run time. Token and interface share a name, and the symbol comes from the global
 * registry, so a plugin that carries its own copy of this package names the same thing.
 */
export interface Token<T> {
  readonly name: string;
  readonly symbol: symbol;
  /** Whether several plugins may provide it; it then resolves to an array (see {@link manyToken}). */
  readonly many: boolean;
  /** Never present: carries the type only. */
  readonly __type?: T;
}

/** A token for an interface of which exactly one implementation is wired. */
export function token<T>(name: string): Token<T> {
  return { name, symbol: Symbol.for(`@gantry/core/${name}`), many: false };
}

/** A token to which any number of plugins contribute; it resolves to all contributions, in plugin order. */
export function manyToken<T>(name: string): Token<T> {
  return { name, symbol: Symbol.for(`@gantry/core/${name}`), many: true };
}
