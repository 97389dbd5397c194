import type { HealthCheck } from "@gantry/oci";

import { invalidArgument } from "../../engine-errors.ts";
import { parseDuration } from "../../parse-duration.ts";
import { commandForm } from "./command-form.ts";

const durations: Readonly<Record<string, "interval" | "timeout" | "startPeriod" | "startInterval">> = {
  interval: "interval",
  timeout: "timeout",
  "start-period": "startPeriod",
  "start-interval": "startInterval",
};

/** `NONE`, or `[--interval=… --timeout=… --start-period=… --start-interval=… --retries=…] CMD command`. */
export function healthCheckInstruction(text: string): HealthCheck {
  const options: Omit<HealthCheck, "test"> = {};
  let rest = text;
  for (let flag = flagOf(rest); flag; flag = flagOf(rest)) {
    rest = rest.slice(flag[0].length);
    const [, name, value] = flag;
    if (name === "retries") options.retries = parseRetries(value!);
    else options[durationOf(name!)] = parseInterval(name!, value!);
  }
  const [, kind = "", command = ""] = /^(\S*)\s*(.*)$/s.exec(rest)!;
  if (kind.toUpperCase() === "NONE") {
    if (command !== "") throw refused("HEALTHCHECK NONE takes no arguments");
    return { test: ["NONE"] };
  }
  if (kind.toUpperCase() !== "CMD") throw refused(`Unknown type ${JSON.stringify(kind)} in HEALTHCHECK (try CMD)`);
  const { words, shell } = commandForm(command);
  if (words.length === 0) throw refused("Missing command after HEALTHCHECK CMD");
  return { test: [shell ? "CMD-SHELL" : "CMD", ...words], ...options };
}

function flagOf(text: string): RegExpExecArray | null {
  return /^--([a-z-]+)=(\S*)\s*/.exec(text);
}

function durationOf(name: string): (typeof durations)[string] {
  const field = Object.hasOwn(durations, name) ? durations[name] : undefined;
  if (field === undefined) throw refused(`unknown flag: --${name}`);
  return field;
}

function parseInterval(name: string, value: string): number {
  const duration = parseDuration(value);
  if (duration === undefined) throw refused(`invalid duration ${JSON.stringify(value)} of --${name}`);
  if (duration !== 0 && duration < 1_000_000) throw refused(`Interval ${JSON.stringify(name)} cannot be less than 1ms`);
  return duration;
}

function parseRetries(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw refused(`--retries must be at least 0 (not ${value})`);
  return Number(value);
}

function refused(message: string): Error {
  return invalidArgument(message, { field: "changes" });
}
