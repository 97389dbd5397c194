import { EngineError } from "./errors.ts";
import type { Candidate } from "./examine-plugins.ts";
import type { Token } from "./token.ts";

/** Which plugin provides a single-value token, by the token's name; of a list, the first that this machine can run. */
export type Preference = Readonly<Record<string, string | readonly string[]>>;

/**
 * Decides between several providers of one single-value token. A plugin is wired whole or not at all: one that is passed
 * over for a token provides nothing, and counts no more as a provider of its other tokens.
 *
 * @param candidates supported ones only
 * @param unsupported the others, for the reasons
 * @returns the names of those passed over, each with the name of the plugin that was preferred
 * Errors: `conflict` for a choice that is left open or contradicts another; `invalid-argument` for a preference that names
 * a plugin which does not provide the token; `unsupported` when this machine can run none of those it names.
 */
export function passedOver(
  candidates: readonly Candidate[],
  unsupported: readonly Candidate[],
  prefer: Preference,
): ReadonlyMap<string, string> {
  const lost = new Map<string, string>();
  const winners = Object.entries(prefer).map(([token, names]) => {
    const winner = preferred(token, typeof names === "string" ? [names] : names, candidates, unsupported);
    for (const { definition } of candidates) {
      if (definition.name !== winner && provides(definition.provides, token)) lost.set(definition.name, winner);
    }
    return { token, winner };
  });
  for (const { token, winner } of winners) {
    const other = lost.get(winner);
    if (other !== undefined) {
      throw new EngineError("conflict", `${winner} is preferred for ${token}, but ${other} for another of its tokens`);
    }
  }
  refuseOpenChoices(candidates.filter(({ definition }) => !lost.has(definition.name)));
  return lost;
}

function preferred(
  token: string,
  names: readonly string[],
  candidates: readonly Candidate[],
  unsupported: readonly Candidate[],
): string {
  for (const name of names) {
    const found = [...candidates, ...unsupported].find(({ definition }) => definition.name === name);
    if (found === undefined || !provides(found.definition.provides, token)) {
      const why = found === undefined ? "no such plugin is listed" : "it does not provide this";
      throw new EngineError("invalid-argument", `${name} is preferred for ${token}, but ${why}`, {
        details: { token, plugin: name },
      });
    }
  }
  const winner = names.find((name) => candidates.some(({ definition }) => definition.name === name));
  if (winner !== undefined) return winner;
  const reasons = names.map((name) => {
    const support = unsupported.find(({ definition }) => definition.name === name)?.support;
    return `${name}: ${support?.supported === false ? support.reason : "not listed"}`;
  });
  throw new EngineError("unsupported", `nothing that is preferred for ${token} can run here (${reasons.join("; ")})`, {
    details: { token },
  });
}

/** By name, as a preference is written by a person; a many token has nothing to prefer. */
function provides(tokens: readonly Token<unknown>[], name: string): boolean {
  return tokens.some((token) => token.name === name && !token.many);
}

function refuseOpenChoices(candidates: readonly Candidate[]): void {
  const providers = new Map<symbol, string>();
  for (const { definition } of candidates) {
    for (const token of definition.provides.filter(({ many }) => !many)) {
      const other = providers.get(token.symbol);
      if (other !== undefined) {
        const remedy = `list one of them or name it in prefer.${token.name}`;
        throw new EngineError("conflict", `${other} and ${definition.name} both provide ${token.name}: ${remedy}`, {
          details: { token: token.name, plugin: definition.name, other },
        });
      }
      providers.set(token.symbol, definition.name);
    }
  }
}
