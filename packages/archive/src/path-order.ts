import { encodePath } from "@gantry/core";

const slash = 0x2f;

/**
 * Orders paths as a tree is walked: a directory, then all that it holds, then its next sibling; siblings by the bytes of
 * their names. So `a/x` comes before `a.txt`, though `/` is the greater byte.
 */
export function compareInTreeOrder(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  let index = 0;
  while (index < length && a.charCodeAt(index) === b.charCodeAt(index)) index += 1;
  if (index === length) return a.length - b.length;
  const left = a.charCodeAt(index);
  const right = b.charCodeAt(index);
  // From U+D800 on the order of UTF-16 units is not that of the bytes.
  if (left >= 0xd800 || right >= 0xd800) return Buffer.compare(sortKey(a), sortKey(b));
  return (left === slash ? 0 : left) - (right === slash ? 0 : right);
}

function sortKey(path: string): Uint8Array {
  return encodePath(path).map((byte) => (byte === slash ? 0 : byte));
}

/** Orders paths by their bytes alone. */
export function compareBytewise(a: string, b: string): number {
  return Buffer.compare(encodePath(a), encodePath(b));
}
