import type { ContainerRecord, ContainerState } from "@gantry/engine";

import { showHealth } from "./health-check.ts";
import { humanDuration, zeroTime } from "./times.ts";

/** `State` of an inspection. A paused container counts as running, as in Docker. */
export function showState({ state }: ContainerRecord): object {
  const { status } = state;
  return {
    Status: status,
    Running: status === "running" || status === "paused" || status === "restarting",
    Paused: status === "paused",
    Restarting: status === "restarting",
    OOMKilled: state.oomKilled,
    Dead: status === "dead",
    Pid: state.pid,
    ExitCode: state.exitCode,
    Error: state.error,
    StartedAt: state.startedAt ?? zeroTime,
    FinishedAt: state.finishedAt ?? zeroTime,
    ...(state.health && { Health: showHealth(state.health) }),
  };
}

/** `Status` of a list: `Up 7 seconds (healthy)`, `Exited (0) 2 minutes ago`. @param now milliseconds since the epoch */
export function statusText(state: ContainerState, now: number): string {
  const since = (time: string | undefined): string => humanDuration(Math.max(0, now - Date.parse(time ?? "")));
  switch (state.status) {
    case "running":
      return `Up ${since(state.startedAt)}${healthText(state)}`;
    case "paused":
      return `Up ${since(state.startedAt)} (Paused)`;
    case "restarting":
      return `Restarting (${state.exitCode}) ${since(state.finishedAt)} ago`;
    case "exited":
      return state.finishedAt === undefined ? "" : `Exited (${state.exitCode}) ${since(state.finishedAt)} ago`;
    case "created":
      return "Created";
    case "removing":
      return "Removal In Progress";
    default:
      return "Dead";
  }
}

function healthText({ health }: ContainerState): string {
  if (health === undefined) return "";
  return health.status === "starting" ? " (health: starting)" : ` (${health.status})`;
}
