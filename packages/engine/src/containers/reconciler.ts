import { readdir, rm } from "node:fs/promises";
import path from "node:path";

import { messageOf } from "@gantry/core";

import type { LocalExecs } from "../execs/local-execs.ts";
import type { EngineComponents } from "../engine-components.ts";
import { now, timestamp } from "../timestamps.ts";
import type { ContainerLifecycle } from "./container-lifecycle.ts";
import type { ContainerPaths } from "./container-paths.ts";
import type { ContainerRecord } from "./container-record.ts";
import type { ContainerRemains } from "./container-remains.ts";
import type { ContainerStarter } from "./container-starter.ts";
import type { ContainerStore } from "./container-store.ts";
import { exitRecord } from "./exit-record.ts";
import { isRemoval } from "./record-changes.ts";
import { restartsWithEngine } from "./restart-policy.ts";

/** Docker's exit code of a container whose end nobody saw. */
const unknownExitCode = 255;
const containerId = /^[a-f0-9]{64}$/;

export interface ReconcilerParts {
  components: EngineComponents;
  store: ContainerStore;
  lifecycle: ContainerLifecycle;
  starter: ContainerStarter;
  remains: ContainerRemains;
  execs: LocalExecs;
  paths: ContainerPaths;
}

/**
 * Brings the records to what is true after an engine has gone, however it went: finishes or undoes what was begun, takes running
 * containers up again, learns how others ended, and clears away what belongs to no record.
 */
export class Reconciler {
  readonly #parts: ReconcilerParts;

  constructor(parts: ReconcilerParts) {
    this.#parts = parts;
  }

  /** Resolves when every record is true. One container's trouble is logged and hinders no other. */
  async reconcile(): Promise<void> {
    const { store, components } = this.#parts;
    const open = store.all().filter(({ pending, state }) => {
      return pending !== undefined || ["running", "paused", "removing", "dead"].includes(state.status);
    });
    await Promise.all(
      open.map((container) =>
        this.#settle(container).catch((thrown: unknown) => {
          const fields = { container: container.id, reason: messageOf(thrown) };
          components.logger.error("cannot bring a container's record up to date", fields);
        }),
      ),
    );
    await this.#sweep();
    await this.#restart();
  }

  /** Those that wait for their next start, and those that their policies start with the engine. */
  async #restart(): Promise<void> {
    const { store, lifecycle } = this.#parts;
    for (const { id } of store.list().filter(restartsWithEngine)) {
      await lifecycle.change(id, async (container) => {
        await store.put({ ...container, state: { ...container.state, status: "restarting" } });
      });
    }
    for (const container of store.list())
      if (container.state.status === "restarting") lifecycle.restartLater(container);
  }

  #settle(container: ContainerRecord): Promise<unknown> {
    const { lifecycle } = this.#parts;
    const { pending, state } = container;
    if (pending === "create") return lifecycle.finishRemoval({ ...container, pending: "remove-with-volumes" });
    if (pending === "remove" || pending === "remove-with-volumes") return lifecycle.finishRemoval(container);
    if (state.status === "removing" || state.status === "dead") return lifecycle.finishRemoval(container);
    if (pending === "cleanup") return lifecycle.finishCleanup(container);
    return this.#findRun(container);
  }

  /** A container that runs by its record, or whose start was under way. */
  async #findRun(container: ContainerRecord): Promise<void> {
    const { store, lifecycle, starter, remains, execs } = this.#parts;
    const { isolated, group } = await remains.find(container.id);
    let state = await isolated?.state();
    if (isolated === undefined || state === undefined || state === "created") {
      if (container.pending === "start") await lifecycle.finishCleanup(container);
      else await this.#recordLostRun(container);
      return;
    }
    if (container.pending === "commit" && state === "paused") {
      await isolated.resume();
      state = await isolated.state();
    }
    if (container.pending === "update" && group !== undefined) await starter.updateGroup(group, container.hostConfig);
    // A restart has happened if the container has stopped for it.
    const { pending, ...rest } = container;
    const running: ContainerRecord = {
      ...rest,
      ...(pending === "restart" && state === "stopped" ? { pending } : {}),
      state: {
        ...(pending === "start"
          ? { exitCode: 0, error: "", oomKilled: false, startedAt: timestamp(now()) }
          : container.state),
        status: state === "paused" ? "paused" : "running",
        pid: isolated.pid ?? 0,
      },
    };
    await store.put(running);
    await execs.takeUp(container.id, isolated);
    const run = starter.adopt(running, isolated, group);
    lifecycle.watch(container.id, run);
    if (state === "stopped") await run.completion;
  }

  /** The machine went down, or somebody cleared the backend's records away. */
  async #recordLostRun(container: ContainerRecord): Promise<void> {
    const { store, lifecycle } = this.#parts;
    const ended = exitRecord(container, { code: unknownExitCode, exitedAt: now() });
    await store.put(ended);
    await (isRemoval(ended) ? lifecycle.finishRemoval(ended) : lifecycle.finishCleanup(ended));
  }

  /**
   * Every kind of thing is made after its record and removed before it, so there should be nothing to find. Control groups are
   * left alone: a limiter may list those of other engines on this machine.
   */
  async #sweep(): Promise<void> {
    const { components, paths, store } = this.#parts;
    const stray = (id: string): boolean => containerId.test(id) && store.get(id) === undefined;
    const found: (() => Promise<void>)[] = [];
    for await (const { key, kind } of components.storage.list()) {
      if (kind === "active" && stray(key)) found.push(() => components.storage.remove(key));
    }
    for (const name of await directoryNames(paths.root)) {
      if (stray(name)) found.push(() => rm(path.join(paths.root, name), { recursive: true, force: true }));
    }
    for (const remove of found) {
      await remove().catch((thrown: unknown) => {
        components.logger.warn("cannot clear away what belongs to no container", { reason: messageOf(thrown) });
      });
    }
  }
}

async function directoryNames(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw thrown;
  }
}
