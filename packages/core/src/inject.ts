import "reflect-metadata";
import { inject as tsyringeInject } from "tsyringe";

import type { Token } from "./token.ts";

/** Marks a constructor parameter with the token that it takes. Needed on every parameter of a plugin's class. */
export function inject(token: Token<unknown>): ParameterDecorator {
  return token.many
    ? (tsyringeInject as never as (symbol: symbol) => ParameterDecorator)(token.symbol)
    : (tsyringeInject(token.symbol) as ParameterDecorator);
}
