import { constants } from "node:os";

import { invalidArgument } from "./engine-errors.ts";

const realTimeMinimum = 34;
const realTimeMaximum = 64;

/**
 * The number of a signal: `9`, `KILL`, `SIGKILL`, `sigkill`, `RTMIN+3`.
 * Errors: `invalid-argument` in Docker's words.
 */
export function signalNumber(signal: string): number {
  const found = numeric(signal) ?? realTime(signal) ?? named(signal);
  if (found === undefined) throw invalidArgument(`Invalid signal: ${signal}`, { field: "signal" });
  return found;
}

function numeric(signal: string): number | undefined {
  if (!/^\d{1,2}$/.test(signal)) return undefined;
  const number = Number(signal);
  return number >= 1 && number <= realTimeMaximum ? number : undefined;
}

function named(signal: string): number | undefined {
  const name = signal.toUpperCase();
  const known: Readonly<Record<string, number>> = constants.signals;
  const key = name.startsWith("SIG") ? name : `SIG${name}`;
  return Object.hasOwn(known, key) ? known[key] : undefined;
}

/** `RTMIN+n` and `RTMAX-n`, as the C library of most containers counts them. */
function realTime(signal: string): number | undefined {
  const match = /^(?:SIG)?RT(?:(MIN)(?:\+(\d+))?|(MAX)(?:-(\d+))?)$/i.exec(signal);
  if (!match) return undefined;
  const number = match[1] ? realTimeMinimum + Number(match[2] ?? 0) : realTimeMaximum - Number(match[4] ?? 0);
  return number >= realTimeMinimum && number <= realTimeMaximum ? number : undefined;
}
