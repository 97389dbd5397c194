import type { RcliEngine } from "../commands/rcli-command.ts";

/** Container ids had eight digits. */
export function containerId(id: string): string {
  return id.slice(0, 8);
}

/** Image ids were `NAME:` and sixteen digits. */
export function imageId(name: string, id: string): string {
  return `${name}:${digits(id)}`;
}

/** A name as 2013 knew it: without the tag that today's names have by default. */
export function imageName(reference: string): string {
  return reference.replace(/:latest$/, "");
}

/** What the engine calls the image that a user names by such an id, or by a name of today. */
export async function resolveImage({ images }: Pick<RcliEngine, "images">, reference: string): Promise<string> {
  const [, name, hex] = /^(.+):([0-9a-f]{16})$/.exec(reference) ?? [];
  if (name === undefined || hex === undefined) return reference;
  const found = (await images.list()).find(
    ({ id, tags }) => digits(id) === hex && (name === nameless || tags.some((tag) => imageName(tag) === name)),
  );
  return found?.id ?? reference;
}

/** Stands for the name of an image that has none. */
export const nameless = "<none>";

function digits(id: string): string {
  return id.replace(/^sha256:/, "").slice(0, 16);
}
