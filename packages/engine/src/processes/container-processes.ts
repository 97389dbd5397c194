import { readFile } from "node:fs/promises";
import { uptime } from "node:os";

import type { CallOptions } from "@gantry/core";

import { conflict } from "../engine-errors.ts";
import type { ContainerEvents } from "../events/container-events.ts";
import type { ContainerLifecycle } from "../containers/container-lifecycle.ts";
import { isRestarting } from "../containers/container-lifecycle.ts";
import type { ContainerRecord } from "../containers/container-record.ts";
import type { ProcessTable } from "../face/container-verbs.ts";
import { parseUserDatabase } from "../spec/user-database.ts";
import { fullFormat } from "./full-format.ts";
import { hostPs } from "./host-ps.ts";
import { processFacts } from "./process-facts.ts";

const fullFormatArguments = "-ef";

/** Lists the processes of containers, as the host sees them. The usual form costs no program. */
export class ContainerProcesses {
  readonly #lifecycle: ContainerLifecycle;
  readonly #events: ContainerEvents;

  constructor(lifecycle: ContainerLifecycle, events: ContainerEvents) {
    this.#lifecycle = lifecycle;
    this.#events = events;
  }

  async top(container: ContainerRecord, psArguments = "", call: CallOptions = {}): Promise<ProcessTable> {
    const { id, state } = container;
    if (state.status === "restarting") throw isRestarting(id);
    const run = this.#lifecycle.running(id);
    if (run === undefined) throw conflict(`Container ${id} is not running`);
    const pids = await run.isolated.processes(call);
    const asked = psArguments.trim() || fullFormatArguments;
    const table = await (asked === fullFormatArguments ? readTable(pids) : hostPs(asked, pids, call));
    this.#events.emit(container, "top");
    return table;
  }
}

async function readTable(pids: readonly number[]): Promise<ProcessTable> {
  const found = await Promise.all(pids.toSorted((left, right) => left - right).map(processFacts));
  const processes = found.filter((facts) => facts !== undefined);
  const { users } = parseUserDatabase(await readFile("/etc/passwd", "utf8").catch(() => ""), "");
  // Of several names of one number the first counts.
  const names = new Map(users.toReversed().map(({ uid, name }) => [uid, name]));
  return fullFormat(processes, names, { uptime: uptime(), now: new Date() });
}
