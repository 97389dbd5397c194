/** Snapshots that are being filled; a stale one is thrown away. */
export const unpackPrefix = "unpack-";

/** Views that are looked at for the length of one call. */
export const viewPrefix = "view-";

const initPrefix = "init-";

/** What the containers of an image stand on: its layers, and the mount points that the engine needs. */
export function initLayerKey(chainId: string | undefined): string {
  return initPrefix + (chainId ?? "empty");
}

/** The chain id that an init layer stands on; `undefined` for any other key. */
export function chainOfInitLayer(key: string): string | undefined {
  return key.startsWith(initPrefix) ? key.slice(initPrefix.length) : undefined;
}
