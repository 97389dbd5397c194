import { digestOf } from "./digest.ts";
import type { Digest } from "./digest.ts";

/**
 * The chain ids of an image's layers, from the lowest up: each names a layer together with all that lie below it
 * (OCI image specification, "Layer ChainID"). Equal chain ids are equal file systems.
 */
export function chainIds(diffIds: readonly Digest[]): readonly Digest[] {
  const chain: Digest[] = [];
  for (const diffId of diffIds) {
    const below = chain.at(-1);
    chain.push(below === undefined ? diffId : digestOf(`${below} ${diffId}`));
  }
  return chain;
}
