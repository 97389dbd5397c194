import type { RestartPolicy } from "@gantry/engine";

import { InvalidValue } from "./usage-error.ts";

const policies = ["no", "always", "unless-stopped", "on-failure"] as const;

/** `no`, `always`, `unless-stopped`, `on-failure[:max-retries]`. */
export function parseRestartPolicy(text: string): RestartPolicy {
  const [name, count, ...more] = text.split(":");
  const policy = policies.find((known) => known === name);
  if (policy === undefined) throw new InvalidValue(`invalid restart policy format: unknown policy '${text}'`);
  if (count === undefined) return { name: policy, maximumRetryCount: 0 };
  if (more.length > 0) throw new InvalidValue("invalid restart policy format: more than one ':'");
  if (policy !== "on-failure") throw new InvalidValue("invalid restart policy format: only on-failure has a count");
  if (!/^\d{1,9}$/.test(count)) {
    throw new InvalidValue("invalid restart policy format: maximum retry count must be an integer");
  }
  return { name: policy, maximumRetryCount: Number(count) };
}
