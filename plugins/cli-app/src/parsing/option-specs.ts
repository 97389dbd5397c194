import type { CommandOption } from "@gantry/core";

/** An option that is given or not. */
export function flag(name: string, summary: string, short?: string): CommandOption {
  return { name, type: "boolean", summary, ...(short === undefined ? {} : { short }) };
}

/** An option with a value. @param placeholder what the help shows for it */
export function value(name: string, placeholder: string, summary: string, short?: string): CommandOption {
  return { name, type: "string", placeholder, summary, ...(short === undefined ? {} : { short }) };
}

/** An option that may be given again and again. */
export function list(name: string, summary: string, short?: string): CommandOption {
  return { name, type: "list", summary, ...(short === undefined ? {} : { short }) };
}

export function filterOption(short?: string): CommandOption {
  return { ...list("filter", "Filter output based on conditions provided", short), placeholder: "filter" };
}
