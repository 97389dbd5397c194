import type { StartCause } from "./container-lifecycle.ts";
import type { ContainerRecord } from "./container-record.ts";

export function unpending({ pending: _pending, ...container }: ContainerRecord): ContainerRecord {
  return container;
}

export function isRemoval({ pending }: ContainerRecord): boolean {
  return pending === "remove" || pending === "remove-with-volumes";
}

/** The record of a container whose program has just been executed. @param startedAt a moment before that */
export function startedRecord(
  container: ContainerRecord,
  pid: number,
  cause: StartCause,
  startedAt: string,
): ContainerRecord {
  const { stoppedByHand: _stopped, ...fresh } = unpending(container);
  const { health } = container.state;
  const checked = container.config.healthcheck !== undefined && container.config.healthcheck.test[0] !== "NONE";
  return {
    ...fresh,
    restartCount: cause === "policy" ? container.restartCount : 0,
    state: {
      status: "running",
      pid,
      exitCode: 0,
      error: "",
      oomKilled: false,
      startedAt,
      ...(checked ? { health: { status: "starting", failingStreak: 0, log: health?.log ?? [] } } : {}),
    },
  };
}

/** Milliseconds that the last run of a container lasted. */
export function runLength({ state: { startedAt, finishedAt } }: ContainerRecord): number {
  if (startedAt === undefined || finishedAt === undefined) return 0;
  return Math.max(0, Date.parse(finishedAt) - Date.parse(startedAt));
}
