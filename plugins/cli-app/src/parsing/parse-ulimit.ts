import { InvalidValue } from "./usage-error.ts";

const names = new Set(
  "core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack".split(" "),
);

/** `nofile=1024:2048`, `nofile=1024`; -1 stands for no limit. */
export function parseUlimit(text: string): { name: string; soft: number; hard: number } {
  const match = /^([^=]+)=(-?\d+)(?::(-?\d+))?$/.exec(text);
  if (match === null) throw new InvalidValue(`invalid ulimit argument: ${text}`);
  const [, name, first, second] = match;
  if (!names.has(name!)) throw new InvalidValue(`invalid ulimit type: ${name}`);
  const soft = Number(first);
  const hard = second === undefined ? soft : Number(second);
  if (hard !== -1 && (soft === -1 || soft > hard)) {
    throw new InvalidValue(`ulimit soft limit must be less than or equal to hard limit: ${soft} > ${hard}`);
  }
  return { name: name!, soft, hard };
}
