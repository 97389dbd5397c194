import { EngineError } from "./errors.ts";
import type { Candidate } from "./examine-plugins.ts";
import type { Token } from "./token.ts";

/**
 * Sorts plugins so that each comes after those that provide what it requires, otherwise in the order of the list.
 *
 * @param chosen the plugins to be wired
 * @param others with the reason why each is not
 * Errors: `not-found` for a need that no plugin in the list provides; `unsupported` where one does that this machine cannot run;
 * `invalid-argument` for plugins that need one another in a circle. Each names plugins and token.
 */
export function orderPlugins(
  chosen: readonly Candidate[],
  others: readonly { candidate: Candidate; reason: string }[],
): readonly Candidate[] {
  const needs = new Map(chosen.map((candidate) => [candidate, providersOf(candidate, chosen, others)]));
  const ordered = new Set<Candidate>();
  while (ordered.size < chosen.length) {
    const waiting = chosen.filter((candidate) => !ordered.has(candidate));
    const next = waiting.find((candidate) => needs.get(candidate)!.every((need) => ordered.has(need)));
    if (next === undefined) throw circleError(waiting, needs);
    ordered.add(next);
  }
  return [...ordered];
}

function providersOf(
  candidate: Candidate,
  chosen: readonly Candidate[],
  others: readonly { candidate: Candidate; reason: string }[],
): readonly Candidate[] {
  return (candidate.definition.requires ?? []).flatMap((token) => {
    const providers = chosen.filter((other) => gives(other, token));
    if (providers.length === 0 && !token.many) throw missingError(candidate.definition.name, token, others);
    return providers.filter((other) => other !== candidate);
  });
}

function gives(candidate: Candidate, token: Token<unknown>): boolean {
  return candidate.definition.provides.some(({ symbol }) => symbol === token.symbol);
}

function missingError(
  plugin: string,
  token: Token<unknown>,
  others: readonly { candidate: Candidate; reason: string }[],
): EngineError {
  const would = others.filter(({ candidate }) => gives(candidate, token));
  const details = { plugin, token: token.name };
  if (would.length === 0) {
    const remedy = "add a plugin that does, or bind a value";
    return new EngineError("not-found", `plugin ${plugin} requires ${token.name}, which none provides: ${remedy}`, {
      details,
    });
  }
  const reasons = would.map(({ candidate, reason }) => `${candidate.definition.name} would, but ${reason}`).join("; ");
  return new EngineError("unsupported", `plugin ${plugin} requires ${token.name}, which none provides: ${reasons}`, {
    details,
  });
}

/** Among plugins of which each waits for another one, following the needs must come back to where it has been. */
function circleError(waiting: readonly Candidate[], needs: ReadonlyMap<Candidate, readonly Candidate[]>): EngineError {
  const path = [waiting[0]!];
  for (;;) {
    const next = needs.get(path.at(-1)!)!.find((need) => waiting.includes(need))!;
    const start = path.indexOf(next);
    path.push(next);
    if (start >= 0) {
      const names = path.slice(start).map(({ definition }) => definition.name);
      return new EngineError("invalid-argument", `plugins require one another in a circle: ${names.join(" → ")}`);
    }
  }
}
