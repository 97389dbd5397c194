import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { Kernel, Logger, Paths, bind, silentLogger } from "@gantry/core";

import type { ContractOptions } from "./contract.ts";

/** The directory that the plugins under test are given, beneath a bench's. */
export function pluginDirectoryOf(directory: string): string {
  return join(directory, "plugin");
}

/** Starts a kernel with the plugins under test on a bench's directory. */
export async function startKernel(
  directory: string,
  options: Pick<ContractOptions, "plugins" | "values">,
): Promise<Kernel> {
  const paths = { dataRoot: join(directory, "data"), execRoot: join(directory, "run") };
  const context = { dir: pluginDirectoryOf(directory) };
  for (const path of [context.dir, ...Object.values(paths)]) await mkdir(path, { recursive: true });
  const values = options.values?.(context) ?? [];
  const defaults = [bind(Paths, paths), bind(Logger, silentLogger)].filter(
    ({ token }) => !values.some((value) => value.token.symbol === token.symbol),
  );
  return Kernel.start({ plugins: options.plugins(context), values: [...defaults, ...values] });
}
