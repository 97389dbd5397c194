import type { HealthCheck } from "@gantry/oci";

import { invalidArgument } from "../engine-errors.ts";

const minimumTime = 1_000_000;
const times = {
  interval: "Interval",
  timeout: "Timeout",
  startPeriod: "StartPeriod",
  startInterval: "StartInterval",
} as const;

/**
 * What was asked for, with the image's where nothing was said.
 * Errors: `invalid-argument` in Docker's words.
 */
export function mergeHealthCheck(
  asked: HealthCheck | undefined,
  image: HealthCheck | undefined,
): HealthCheck | undefined {
  if (asked === undefined) return image;
  checkHealthCheck(asked);
  if (image === undefined) return asked.test.length === 0 ? undefined : asked;
  const own = Object.entries(asked).filter(([name, value]) => name !== "test" && value !== 0);
  return { ...image, ...Object.fromEntries(own), test: asked.test.length === 0 ? image.test : asked.test };
}

function checkHealthCheck(check: HealthCheck): void {
  const [kind] = check.test;
  if (kind !== undefined && !["NONE", "CMD", "CMD-SHELL"].includes(kind)) {
    throw invalidArgument(`Unknown healthcheck type '${kind}' (expected 'CMD')`, { field: "healthcheck" });
  }
  for (const [field, name] of Object.entries(times)) {
    const value = check[field as keyof typeof times] ?? 0;
    if (value !== 0 && value < minimumTime) {
      throw invalidArgument(`${name} in Healthcheck cannot be less than 1ms`, { field: "healthcheck" });
    }
  }
  if ((check.retries ?? 0) < 0)
    throw invalidArgument("Retries in Healthcheck cannot be negative", { field: "healthcheck" });
}

const defaultShell: readonly string[] = ["/bin/sh", "-c"];

/** The command of a probe; `undefined` when there is nothing to probe. */
export function probeCommand({ test }: HealthCheck, shell = defaultShell): readonly string[] | undefined {
  const [kind, ...words] = test;
  if (words.length === 0 || kind === "NONE") return undefined;
  return kind === "CMD-SHELL" ? [...shell, ...words] : words;
}
