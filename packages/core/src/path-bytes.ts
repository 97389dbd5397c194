/**
 * Names on disk are bytes, mostly UTF-8. These two convert them to strings and back without loss: a byte that is not part
 * of valid UTF-8 becomes the lone surrogate U+DC00 + byte (Python's "surrogateescape", PEP 383).
 */
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function decodePath(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return decodeLossless(bytes);
  }
}

function decodeLossless(bytes: Uint8Array): string {
  let text = "";
  for (let index = 0; index < bytes.length;) {
    const length = sequenceLength(bytes, index);
    if (length === 0) {
      text += String.fromCharCode(0xdc00 + bytes[index]!);
      index += 1;
    } else {
      text += strict.decode(bytes.subarray(index, index + length));
      index += length;
    }
  }
  return text;
}

/** How many bytes of valid UTF-8 make the next character, or 0. */
function sequenceLength(bytes: Uint8Array, index: number): number {
  const first = bytes[index]!;
  const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (length === 0 || index + length > bytes.length) return 0;
  try {
    strict.decode(bytes.subarray(index, index + length));
    return length;
  } catch {
    return 0;
  }
}

export function encodePath(path: string): Uint8Array {
  if (!/[\udc80-\udcff]/.test(path) || path.isWellFormed()) return new TextEncoder().encode(path);
  const parts: number[] = [];
  for (const character of path) {
    const code = character.codePointAt(0)!;
    if (code >= 0xdc80 && code <= 0xdcff) parts.push(code - 0xdc00);
    else parts.push(...new TextEncoder().encode(character));
  }
  return Uint8Array.from(parts);
}
