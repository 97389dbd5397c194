import { readdir } from "node:fs/promises";
import path from "node:path";

import type { Logger, LogEntry, StateStore, StorageDriver } from "@gantry/core";
import {
  captureLogger,
  collect,
  MemoryImageStore,
  MemoryLogDriver,
  MemoryResourceLimiter,
  MemoryStateStore,
  MemoryStorageDriver,
  MemoryVolumeDriver,
  streamOf,
  temporaryDirectory,
} from "@gantry/testkit";

import { LocalEngine } from "../src/index.ts";
import type { CreateContainer, EngineComponents } from "../src/index.ts";
import { FakeDiffer } from "./fake-image.ts";
import { ScriptedBackend, ScriptedMachine } from "./scripted-backend.ts";

/** Engines over one set of stores, as processes that follow one another on one machine. */
export class EngineFixture implements AsyncDisposable {
  readonly machine = new ScriptedMachine();
  readonly logger: Logger & ReturnType<typeof captureLogger> = captureLogger();
  readonly #engines: LocalEngine[] = [];

  private constructor(readonly directory: { readonly path: string } & AsyncDisposable) {}

  /** With an image `image`, whose command is `true`. */
  static async open(): Promise<EngineFixture> {
    const fixture = new EngineFixture(await temporaryDirectory());
    const engine = await fixture.start();
    await engine.images.importLayer(streamOf(Buffer.from("layer")), { name: "image", config: { command: ["true"] } });
    await fixture.kill(engine);
    return fixture;
  }

  components(replaced: Partial<EngineComponents> = {}): EngineComponents {
    const root = this.directory.path;
    return {
      storage: new MemoryStorageDriver({ root: path.join(root, "snapshots") }),
      differ: new FakeDiffer(),
      isolation: new ScriptedBackend(this.machine),
      imageStore: new MemoryImageStore({ root }),
      state: new MemoryStateStore({ root }),
      logs: new MemoryLogDriver({ root }),
      limiter: new MemoryResourceLimiter({ root }),
      volumes: new MemoryVolumeDriver({ root: path.join(root, "volumes") }),
      paths: { dataRoot: path.join(root, "data"), execRoot: path.join(root, "run") },
      logger: this.logger,
      sources: [],
      ...replaced,
    };
  }

  async start(replaced: Partial<EngineComponents> = {}): Promise<LocalEngine> {
    const engine = new LocalEngine(this.components(replaced));
    this.#engines.push(engine);
    await engine.start();
    return engine;
  }

  /** Ends an engine, which lets go of what runs. */
  async kill(engine: LocalEngine): Promise<void> {
    await engine.stop();
    this.machine.loseEngine();
  }

  /** Leaves an engine as it is: it is dead, and answers nothing. */
  abandon(engine: LocalEngine): void {
    this.#engines.splice(this.#engines.indexOf(engine), 1);
  }

  /** Everything that containers can leave behind, by kind. */
  async remains(): Promise<Record<string, readonly string[]>> {
    const { state, storage, limiter, volumes, paths } = this.components() as Required<EngineComponents>;
    const directories = await readdir(path.join(paths.dataRoot, "containers")).catch(() => []);
    return {
      records: await keys(state),
      snapshots: await activeKeys(storage),
      groups: await limiter.list(),
      volumes: (await collect(volumes.list())).map(({ name }) => name),
      directories,
      processes: [...this.machine.containers.keys()],
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      for (const engine of this.#engines) await engine.stop();
    } finally {
      await this.directory[Symbol.asyncDispose]();
    }
  }
}

export const nothing = { records: [], snapshots: [], groups: [], volumes: [], directories: [], processes: [] };

/** What runs is gone, and what is kept of the container is its record, root and directory. */
export function kept(...ids: readonly string[]): typeof nothing | Record<string, readonly string[]> {
  return { ...nothing, records: ids, snapshots: ids, directories: ids };
}

export function container(...command: readonly string[]): CreateContainer {
  return { config: { image: "image", command } };
}

export async function textOf(entries: AsyncIterable<LogEntry>): Promise<string> {
  return Buffer.concat((await collect(entries)).map(({ data }) => data)).toString();
}

async function keys(state: StateStore): Promise<readonly string[]> {
  return (await collect(state.list("containers"))).map(({ key }) => key);
}

async function activeKeys(storage: StorageDriver): Promise<readonly string[]> {
  return (await collect(storage.list())).filter(({ kind }) => kind !== "committed").map(({ key }) => key);
}
