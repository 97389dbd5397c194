export const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * `NAME=value` entries, later ones replacing earlier ones of the same name in their place. An entry without `=` removes the
 * variable.
 */
export function mergeEnvironment(...lists: readonly (readonly string[])[]): readonly string[] {
  const merged = new Map<string, string>();
  for (const entry of lists.flat()) {
    const equals = entry.indexOf("=");
    if (equals < 0) merged.delete(entry);
    else merged.set(entry.slice(0, equals), entry);
  }
  return [...merged.values()];
}

export interface ProcessEnvironment {
  /** The image's and the user's, merged. */
  env: readonly string[];
  hostname: string;
  terminal: boolean;
  home: string;
}

/** What the first process finds in its environment. */
export function processEnvironment({ env, hostname, terminal, home }: ProcessEnvironment): readonly string[] {
  const defaults = [`PATH=${defaultPath}`, `HOSTNAME=${hostname}`, ...(terminal ? ["TERM=xterm"] : [])];
  const merged = mergeEnvironment(defaults, env);
  return merged.some((entry) => entry.startsWith("HOME=")) ? merged : [...merged, `HOME=${home}`];
}
