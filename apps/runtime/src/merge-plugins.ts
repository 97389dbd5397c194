import type { KernelOptions, Plugin } from "@gantry/core";

type Preference = NonNullable<KernelOptions["prefer"]>;

/**
 * Puts given plugins in the place of those of a preset that have the same name or provide the same single-value token; the
 * others are added at the end.
 */
export function mergePlugins(preset: readonly Plugin[], given: readonly Plugin[]): readonly Plugin[] {
  const names = new Set(given.map(({ definition }) => definition.name));
  const taken = new Set(given.flatMap(singleTokens));
  const kept = preset.filter(
    (plugin) => !names.has(plugin.definition.name) && !singleTokens(plugin).some((symbol) => taken.has(symbol)),
  );
  return [...kept, ...given];
}

/** A preset's preferences without the plugins that are not listed any more; what is given comes first. */
export function mergePreference(
  preset: Readonly<Record<string, readonly string[]>>,
  given: Preference,
  plugins: readonly Plugin[],
): Preference {
  const listed = new Set(plugins.map(({ definition }) => definition.name));
  const usable = Object.entries(preset)
    .map(([token, names]) => [token, names.filter((name) => listed.has(name))] as const)
    .filter(([, names]) => names.length > 0);
  return { ...Object.fromEntries(usable), ...given };
}

function singleTokens({ definition }: Plugin): symbol[] {
  return definition.provides.filter((token) => !token.many).map((token) => token.symbol);
}
