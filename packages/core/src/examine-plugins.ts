import { EngineError, isEngineError, messageOf } from "./errors.ts";
import type { HostFacts, Support } from "./host-facts.ts";
import type { Plugin, PluginDefinition } from "./plugin.ts";

/** A plugin with checked options and what its probe said. */
export interface Candidate {
  readonly definition: PluginDefinition<unknown>;
  readonly options: unknown;
  readonly support: Support;
}

/**
 * Checks the options of each plugin and asks its probe.
 * Errors: `invalid-argument` for a plugin that is listed twice or an option that its schema refuses.
 */
export async function examinePlugins(plugins: readonly Plugin[], host: HostFacts): Promise<readonly Candidate[]> {
  const names = new Set<string>();
  for (const { definition } of plugins) {
    if (names.has(definition.name)) {
      throw new EngineError("invalid-argument", `plugin ${definition.name} is listed twice: list it once`, {
        details: { plugin: definition.name },
      });
    }
    names.add(definition.name);
  }
  const candidates: Candidate[] = [];
  for (const plugin of plugins) {
    const options = await validateOptions(plugin);
    candidates.push({ definition: plugin.definition, options, support: await probe(plugin.definition, host, options) });
  }
  return candidates;
}

async function validateOptions({ definition, input }: Plugin): Promise<unknown> {
  if (definition.options === undefined) return input;
  const result = await definition.options["~standard"].validate(input);
  if (result.issues === undefined) return result.value;
  const problems = result.issues.map((issue) => ({ field: fieldName(issue.path), message: issue.message }));
  const text = problems
    .map(({ field, message }) => (field === "" ? message : `option ${field}: ${message}`))
    .join("; ");
  throw new EngineError("invalid-argument", `plugin ${definition.name}: ${text.replaceAll(/\s*\n\s*/g, " ")}`, {
    details: { plugin: definition.name, field: problems[0]?.field ?? "" },
  });
}

/** A path of Standard Schema holds keys, or objects with a key. */
function fieldName(path: readonly unknown[] = []): string {
  const keys = path.map((step) => (typeof step === "object" && step !== null && "key" in step ? step.key : step));
  return keys.map(String).join(".");
}

async function probe(definition: PluginDefinition<unknown>, host: HostFacts, options: unknown): Promise<Support> {
  try {
    return (await definition.probe?.(host, options)) ?? { supported: true };
  } catch (thrown) {
    throw pluginError(definition.name, "could not probe this machine", thrown);
  }
}

/** What went wrong in a plugin's own code, with its name; keeps the code of an engine error. */
export function pluginError(plugin: string, what: string, thrown: unknown): EngineError {
  const details = isEngineError(thrown) ? thrown.details : {};
  const text = messageOf(thrown).replaceAll(/\s*\n\s*/g, " ");
  return new EngineError(isEngineError(thrown) ? thrown.code : "internal", `plugin ${plugin} ${what}: ${text}`, {
    cause: thrown,
    details: { ...details, plugin },
  });
}
