import type { HealthCheck } from "@gantry/engine";

import type { OptionValues } from "../parsing/option-values.ts";
import { parseInteger } from "../parsing/parse-numbers.ts";
import { parseDuration } from "../parsing/parse-time.ts";
import { InvalidValue, UsageError } from "../parsing/usage-error.ts";
import { present } from "./present.ts";

const names = [
  "health-cmd",
  "health-interval",
  "health-retries",
  "health-start-interval",
  "health-start-period",
  "health-timeout",
];

/** The health check that a call asks for; `undefined` leaves the image's. @throws UsageError for a contradiction */
export function healthCheckOf(values: OptionValues): HealthCheck | undefined {
  const given = names.some((name) => values.text(name) !== undefined);
  if (values.flag("no-healthcheck")) {
    if (given) throw new UsageError("--no-healthcheck conflicts with --health-* options");
    return { test: ["NONE"] };
  }
  if (!given) return undefined;
  const command = values.text("health-cmd");
  return {
    test: command === undefined ? [] : ["CMD-SHELL", command],
    ...present({
      interval: values.parsed("health-interval", nanoseconds),
      timeout: values.parsed("health-timeout", nanoseconds),
      startPeriod: values.parsed("health-start-period", nanoseconds),
      startInterval: values.parsed("health-start-interval", nanoseconds),
      retries: values.parsed("health-retries", parseInteger),
    }),
  };
}

function nanoseconds(text: string): number {
  const duration = text === "0" ? 0n : parseDuration(text);
  if (duration === undefined) throw new InvalidValue(`time: invalid duration "${text}"`);
  return Number(duration);
}
