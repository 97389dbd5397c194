/**
 * Reads the arguments of `CMD`, `ENTRYPOINT` and their like: a JSON list of strings is taken as it is, any other text is one
 * command for a shell.
 */
export function commandForm(text: string): { words: readonly string[]; shell: boolean } {
  const list = jsonStrings(text);
  if (list !== undefined) return { words: list, shell: false };
  return { words: text === "" ? [] : [text], shell: true };
}

/** A JSON list of strings, or `undefined` for what is none. */
export function jsonStrings(text: string): readonly string[] | undefined {
  if (!text.startsWith("[")) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((item) => typeof item === "string") ? value : undefined;
  } catch {
    return undefined;
  }
}
