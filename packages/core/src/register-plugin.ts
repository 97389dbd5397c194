import { EngineError } from "./errors.ts";
import { type Candidate, pluginError } from "./examine-plugins.ts";
import { injectedTokens } from "./injected-tokens.ts";
import type { Constructor, Registrar } from "./plugin.ts";
import type { Token } from "./token.ts";

/** What a plugin bound to a token. */
export type Binding = { readonly plugin: string; readonly token: Token<unknown> } & (
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "singleton"; readonly implementation: Constructor<unknown> }
  | { readonly kind: "alias"; readonly target: Token<unknown> }
);

/**
 * Runs a plugin's `register` and returns its bindings.
 * Errors: `invalid-argument`, naming plugin and token, when it registers what it does not say or the reverse, registers
 * a single-value token twice, or takes what it does not require; and what `register` throws, with the plugin's name.
 */
export function registerPlugin({ definition, options }: Candidate): readonly Binding[] {
  const bindings: Binding[] = [];
  const plugin = definition.name;
  const registrar: Registrar = {
    value: (token, value) => void bindings.push({ plugin, token, kind: "value", value }),
    singleton: (token, implementation) => void bindings.push({ plugin, token, kind: "singleton", implementation }),
    alias: (token, target) => void bindings.push({ plugin, token, kind: "alias", target }),
  };
  try {
    definition.register(registrar, options);
  } catch (thrown) {
    throw pluginError(plugin, "could not register", thrown);
  }
  checkProvided(plugin, definition.provides, bindings);
  checkTaken(plugin, definition.requires ?? [], bindings);
  return bindings;
}

function checkProvided(plugin: string, provides: readonly Token<unknown>[], bindings: readonly Binding[]): void {
  for (const token of provides) {
    if (!bindings.some((binding) => binding.token.symbol === token.symbol)) {
      throw refused(plugin, token, `says that it provides ${token.name} but does not register it`);
    }
  }
  const bound = new Set<symbol>();
  for (const { token } of bindings) {
    const said = provides.some(({ symbol }) => symbol === token.symbol);
    if (!said && !isOwn(plugin, token)) {
      const remedy = `list it in provides, or name a token of its own "${plugin}/…"`;
      throw refused(plugin, token, `registers ${token.name}, which it does not provide: ${remedy}`);
    }
    if (!token.many && bound.has(token.symbol)) throw refused(plugin, token, `registers ${token.name} twice`);
    bound.add(token.symbol);
  }
}

/** A token for the plugin's inner use, named after it, with its npm scope or without. */
function isOwn(plugin: string, token: Token<unknown>): boolean {
  return [plugin, plugin.replace(/^@[^/]*\//, "")].some((name) => token.name.startsWith(`${name}/`));
}

function checkTaken(plugin: string, requires: readonly Token<unknown>[], bindings: readonly Binding[]): void {
  const known = new Set([...requires, ...bindings.map(({ token }) => token)].map(({ symbol }) => symbol));
  for (const binding of bindings) {
    if (binding.kind === "value") continue;
    const taken = binding.kind === "alias" ? [binding.target] : takenBy(plugin, binding.token, binding.implementation);
    for (const token of taken) {
      if (!known.has(token.symbol))
        throw refused(plugin, token, `takes ${token.name} but does not list it in requires`);
    }
  }
}

function takenBy(
  plugin: string,
  token: Token<unknown>,
  implementation: Constructor<unknown>,
): readonly Token<unknown>[] {
  const tokens = injectedTokens(implementation);
  for (let position = 0; position < implementation.length; position += 1) {
    if (!tokens.has(position)) {
      const what = `${implementation.name}: parameter ${position + 1} of its constructor has no @inject(Token)`;
      throw refused(plugin, token, what);
    }
  }
  return [...tokens.values()];
}

function refused(plugin: string, token: Token<unknown>, what: string): EngineError {
  return new EngineError("invalid-argument", `plugin ${plugin} ${what}`, { details: { plugin, token: token.name } });
}
