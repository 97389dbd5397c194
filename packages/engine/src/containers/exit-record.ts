import { timestamp } from "../timestamps.ts";
import type { ContainerRecord } from "./container-record.ts";
import { restartsAfterExit } from "./restart-policy.ts";

export interface RecordedExit {
  code: number;
  /** Nanoseconds since the epoch. */
  exitedAt: bigint;
  oomKilled?: boolean;
  /** Bytes of output that the run adds to the container's log. */
  output?: number;
  stoppedByHand?: boolean;
}

/** What a container's record says after its run has ended so: gone, over, or about to be started again. */
export function exitRecord(container: ContainerRecord, exit: RecordedExit): ContainerRecord {
  const { state, hostConfig, pending, outputBase } = container;
  const stopped = container.stoppedByHand || exit.stoppedByHand ? ({ stoppedByHand: true } as const) : {};
  const byPolicy = pending !== "restart" && restartsAfterExit({ ...container, ...stopped }, exit.code);
  const restarting = byPolicy || pending === "restart";
  return {
    ...container,
    ...stopped,
    restartCount: container.restartCount + (byPolicy ? 1 : 0),
    outputBase: outputBase + (exit.output ?? 0),
    pending: hostConfig.autoRemove && !restarting ? "remove-with-volumes" : "cleanup",
    state: {
      ...state,
      status: restarting ? "restarting" : "exited",
      pid: 0,
      exitCode: exit.code,
      oomKilled: exit.oomKilled ?? false,
      finishedAt: timestamp(exit.exitedAt),
      // As Docker has it: nobody is well who is not there.
      ...(state.health === undefined ? {} : { health: { ...state.health, status: "unhealthy" } }),
    },
  };
}
