/** The first twelve digits of an id, without the name of its algorithm. */
export function shortId(id: string): string {
  return id.replace(/^[a-z0-9]+:/, "").slice(0, 12);
}

/** Cuts a text to so many characters, the last of them `…` where something is left out. */
export function ellipsis(text: string, length: number): string {
  const characters = Array.from(text);
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join("")}…`;
}

/** Makes a text safe for one line of a terminal: control characters are shown, not sent. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1));
}
