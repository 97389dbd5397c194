import { invalidArgument } from "../engine-errors.ts";
import type { RestartPolicy } from "../face/container-verbs.ts";
import type { ContainerRecord } from "./container-record.ts";

export const noRestart: RestartPolicy = { name: "no", maximumRetryCount: 0 };

const names: readonly string[] = ["no", "always", "unless-stopped", "on-failure"];

/** Completes a policy. Errors: `invalid-argument` in Docker's words. */
export function checkRestartPolicy(policy: RestartPolicy | undefined, autoRemove: boolean): RestartPolicy {
  if (policy === undefined) return noRestart;
  const { name, maximumRetryCount } = policy;
  const fail = (text: string): Error => invalidArgument(`invalid restart policy: ${text}`, { field: "restartPolicy" });
  if (!names.includes(name)) {
    throw fail(`unknown policy '${name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`);
  }
  if (maximumRetryCount < 0 || !Number.isInteger(maximumRetryCount)) {
    throw fail("maximum retry count cannot be negative");
  }
  if (maximumRetryCount > 0 && name !== "on-failure") {
    throw fail("maximum retry count can only be used with 'on-failure'");
  }
  if (autoRemove && name !== "no") {
    throw invalidArgument("can't create 'AutoRemove' container with restart policy", { field: "restartPolicy" });
  }
  return policy;
}

/** Whether a container's policy starts it again after it has exited so. */
export function restartsAfterExit(
  { hostConfig, restartCount, stoppedByHand }: Pick<ContainerRecord, "hostConfig" | "restartCount" | "stoppedByHand">,
  exitCode: number,
): boolean {
  if (stoppedByHand) return false;
  const { name, maximumRetryCount } = hostConfig.restartPolicy;
  if (name === "on-failure") return exitCode !== 0 && (maximumRetryCount === 0 || restartCount < maximumRetryCount);
  return name === "always" || name === "unless-stopped";
}

/** Whether a new engine starts a container that it finds exited. */
export function restartsWithEngine(container: ContainerRecord): boolean {
  const { state, hostConfig, stoppedByHand, pending } = container;
  if (state.status !== "exited" || pending !== undefined || stoppedByHand) return false;
  return ["always", "unless-stopped"].includes(hostConfig.restartPolicy.name);
}
