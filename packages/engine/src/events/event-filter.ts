import { invalidArgument } from "../engine-errors.ts";
import type { EngineEvent } from "../face/events.ts";

type Test = (event: EngineEvent, value: string) => boolean;

/** Actions that go on after a colon with what was done. */
const openEnded = ["exec_create", "exec_start", "health_status"];

/** By filter: whether an event is meant by one of its values. */
const tests: Readonly<Record<string, Test>> = {
  type: ({ type }, value) => type === value,
  event: ({ action }, value) => action === value || (openEnded.includes(value) && action.startsWith(`${value}:`)),
  scope: (_, value) => value === "local",
  container: names("container"),
  volume: names("volume"),
  network: names("network"),
  daemon: names("daemon"),
  image: ({ type, id, attributes }, value) => {
    const name = attributes[type === "image" ? "name" : "image"] ?? "";
    return [id, name, withoutTag(id), withoutTag(name)].includes(value);
  },
  label: ({ attributes }, value) => {
    const equals = value.indexOf("=");
    const key = equals < 0 ? value : value.slice(0, equals);
    return Object.hasOwn(attributes, key) && (equals < 0 || attributes[key] === value.slice(equals + 1));
  },
};

/**
 * Which events a query wants. Several values of a filter are alternatives; several labels must all hold.
 * Errors: `invalid-argument` for an unknown filter.
 */
export function eventFilter(filters: Readonly<Record<string, readonly string[]>>): (event: EngineEvent) => boolean {
  const chosen = Object.entries(filters).map(([name, values]) => {
    const test = Object.hasOwn(tests, name) ? tests[name] : undefined;
    if (test === undefined) throw invalidArgument(`invalid filter '${name}'`, { filter: name });
    return (event: EngineEvent): boolean =>
      name === "label" ? values.every((value) => test(event, value)) : values.some((value) => test(event, value));
  });
  return (event) => chosen.every((test) => test(event));
}

/** By id, or its beginning, or name. */
function names(type: EngineEvent["type"]): Test {
  return (event, value) =>
    event.type === type && (event.id.startsWith(value) || event.attributes["name"] === value.replace(/^\//, ""));
}

/** Of `example/web:1` the `example/web`; of an id itself. */
function withoutTag(name: string): string {
  return name.replace(/:[^:/]*$/, "");
}
