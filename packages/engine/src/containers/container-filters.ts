import { familiarReference, parseReference, withDefaultTag } from "@gantry/oci";

import { invalidArgument } from "../engine-errors.ts";
import type { ListOptions } from "../engine.ts";
import type { ContainerRecord } from "./container-record.ts";

type Test = (container: ContainerRecord, value: string) => boolean;

/** By filter: whether a container is meant by one of its values. */
const tests: Readonly<Record<string, Test>> = {
  id: ({ id }, value) => id.startsWith(value),
  name: ({ name }, value) => matches(name, value) || matches(`/${name}`, value),
  status: ({ state }, value) => state.status === value,
  health: ({ state }, value) => (state.health?.status ?? "none") === value,
  exited: ({ state }, value) => state.status === "exited" && String(state.exitCode) === value,
  label: ({ config }, value) => {
    const equals = value.indexOf("=");
    const key = equals < 0 ? value : value.slice(0, equals);
    return Object.hasOwn(config.labels, key) && (equals < 0 || config.labels[key] === value.slice(equals + 1));
  },
  ancestor: ({ image, imageId }, value) =>
    familiar(image) === familiar(value) ||
    (/^(sha256:)?[a-f0-9]{4,}$/.test(value) && imageId.slice(7).startsWith(value.replace("sha256:", ""))),
  network: ({ hostConfig }, value) => hostConfig.networkMode === value,
  volume: ({ mounts }, value) => mounts.some(({ source, destination }) => source === value || destination === value),
};

const statuses = ["created", "running", "paused", "restarting", "removing", "exited", "dead"];

/**
 * Which containers a list shows, the newest first. Several values of a filter are alternatives; several labels must all hold.
 * @param containers the oldest first
 * Errors: `invalid-argument` for an unknown filter or value.
 */
export function selectContainers(
  containers: readonly ContainerRecord[],
  { all, limit, filters = {} }: ListOptions,
  find: (reference: string) => ContainerRecord,
): readonly ContainerRecord[] {
  for (const status of filters["status"] ?? []) {
    if (!statuses.includes(status)) throw invalidArgument(`invalid filter 'status=${status}'`, { filter: "status" });
  }
  const everyState = all || limit !== undefined || "status" in filters || "exited" in filters;
  let selected = containers.filter(
    ({ state }) => everyState || ["running", "paused", "restarting"].includes(state.status),
  );
  for (const [name, values] of Object.entries(filters)) {
    if (name === "before" || name === "since") {
      const { createdAt } = find(values[0] ?? "");
      selected = selected.filter((other) =>
        name === "before" ? other.createdAt < createdAt : other.createdAt > createdAt,
      );
      continue;
    }
    const test = Object.hasOwn(tests, name) ? tests[name] : undefined;
    if (test === undefined) throw invalidArgument(`invalid filter '${name}'`, { filter: name });
    selected = selected.filter((container) =>
      name === "label"
        ? values.every((value) => test(container, value))
        : values.some((value) => test(container, value)),
    );
  }
  const newestFirst = selected.toReversed();
  return limit !== undefined && limit > 0 ? newestFirst.slice(0, limit) : newestFirst;
}

function matches(text: string, pattern: string): boolean {
  try {
    return new RegExp(pattern).test(text);
  } catch {
    throw invalidArgument(`invalid filter 'name=${pattern}'`, { filter: "name" });
  }
}

function familiar(image: string): string {
  try {
    return familiarReference(withDefaultTag(parseReference(image)));
  } catch {
    return image;
  }
}
