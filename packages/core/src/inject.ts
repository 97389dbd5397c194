import { recordInjectedToken } from "./injected-tokens.ts";
import type { Token } from "./token.ts";

/**
 * Marks a constructor parameter with the token that it takes; a `many` token gives an array. Needed on every parameter of
 * a class that a plugin registers. It only leaves a mark: the class stays usable with `new` and without a kernel.
 */
export function inject(token: Token<unknown>): ParameterDecorator {
  return (target, _property, position) => recordInjectedToken(target, position, token);
}
