import { EngineError } from "@gantry/core";
import type { Filters, ImageSummary } from "@gantry/engine";

type Test = (image: ImageSummary, value: string) => boolean;

/** By filter: whether an image is meant by one of its values. */
const tests: Readonly<Record<string, Test>> = {
  dangling: ({ tags }, value) => (tags.length === 0) === isTrue(value),
  label: ({ labels }, value) => {
    const equals = value.indexOf("=");
    const key = equals < 0 ? value : value.slice(0, equals);
    return Object.hasOwn(labels, key) && (equals < 0 || labels[key] === value.slice(equals + 1));
  },
  reference: ({ tags }, value) => tags.some((tag) => matchesReference(tag, value)),
};

/**
 * Which images a list shows. Several values of a filter are alternatives; several labels must all hold. A filter by reference
 * leaves of an image's names only those that it means.
 * @param find the image that `before` and `since` name
 * Errors: `invalid-argument` for an unknown filter or value.
 */
export async function selectImages(
  images: readonly ImageSummary[],
  filters: Filters,
  find: (reference: string) => Promise<{ createdAt: string }>,
): Promise<readonly ImageSummary[]> {
  let selected = images;
  for (const [name, values] of Object.entries(filters)) {
    if (name === "before" || name === "since") {
      const time = Date.parse((await find(values[0] ?? "")).createdAt);
      selected = selected.filter(({ createdAt }) =>
        name === "before" ? Date.parse(createdAt) < time : Date.parse(createdAt) > time,
      );
      continue;
    }
    const test = Object.hasOwn(tests, name) ? tests[name] : undefined;
    if (test === undefined) throw new EngineError("invalid-argument", `invalid filter '${name}'`);
    selected = selected.filter((image) =>
      name === "label" ? values.every((value) => test(image, value)) : values.some((value) => test(image, value)),
    );
  }
  const patterns = filters["reference"];
  if (patterns === undefined) return selected;
  return selected.map((image) => ({
    ...image,
    tags: image.tags.filter((tag) => patterns.some((pattern) => matchesReference(tag, pattern))),
  }));
}

/** Shell patterns over the whole name or the name without its tag; a star stands for anything but a slash. */
function matchesReference(tag: string, pattern: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|\\]/g, "\\$&")
    .replace(/\*/g, "[^/]*")
    .replace(/\?/g, "[^/]");
  const expression = new RegExp(`^${source}$`);
  return expression.test(tag) || expression.test(tag.replace(/:[^:/]*$/, ""));
}

function isTrue(value: string): boolean {
  if (["true", "1"].includes(value)) return true;
  if (["false", "0"].includes(value)) return false;
  throw new EngineError("invalid-argument", `invalid filter 'dangling=${value}'`);
}
