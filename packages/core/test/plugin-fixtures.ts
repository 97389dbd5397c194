import { type HostFacts, type Plugin, type PluginDefinition, definePlugin } from "@gantry/core";

/** A machine that does not matter. */
export const anyHost: HostFacts = {
  platform: "linux",
  architecture: "x64",
  kernelRelease: "6.1.0",
  uid: 0,
  filesystems: new Set(),
  cgroup1: new Map(),
  cgroup2: undefined,
  program: () => undefined,
};

/** A plugin that binds its name to each token that it provides. */
export function namedPlugin(name: string, definition: Partial<PluginDefinition<unknown>> = {}): Plugin {
  return definePlugin({
    name,
    provides: [],
    register: (registrar) => {
      for (const token of definition.provides ?? []) registrar.value(token, name);
    },
    ...definition,
  })();
}
