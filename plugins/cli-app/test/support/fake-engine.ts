import { EngineError, type LogEntry, type PluginReport, type Volume } from "@gantry/core";
import type {
  ContainerRecord,
  ContainerStats,
  ContainerSummary,
  EngineEvent,
  ImageHistoryEntry,
  LoadedImage,
} from "@gantry/engine";

import type { ConnectedEngine } from "../../src/light.ts";

type Call = readonly unknown[];

/** Answers of the engine that a test chooses; what is not chosen succeeds. */
export interface Script {
  /** By path; what is not here is not found. */
  documents?: Readonly<Record<string, unknown>>;
  containers?: readonly ContainerSummary[];
  /** Names of images that are here. */
  present?: readonly string[];
  exitCode?: number;
  /** Pieces of output: `["stdout", "text"]`; the stream ends when `finish` is called, or at once without `hold`. */
  output?: readonly (readonly ["stdout" | "stderr", string])[];
  hold?: boolean;
  /** Pulls go on until they are aborted. */
  holdPull?: boolean;
  terminal?: boolean;
  /** Errors by method, or by method and first argument. */
  errors?: Readonly<Record<string, Error>>;
  warnings?: readonly string[];
  openStdin?: boolean;
  status?: ContainerRecord["state"]["status"];
  plugins?: readonly PluginReport[];
  changes?: readonly { kind: "added" | "modified" | "deleted"; path: string }[];
  archive?: readonly string[];
  /** Of paths in containers, by path: Go's mode and the target of a link. */
  paths?: Readonly<Record<string, { mode: number; linkTarget?: string }>>;
  stats?: readonly ContainerStats[];
  events?: readonly EngineEvent[];
  history?: readonly ImageHistoryEntry[];
  loaded?: readonly LoadedImage[];
  pruned?: { deleted: readonly string[]; untagged?: readonly string[]; reclaimedBytes: number };
}

export interface FakeEngine extends ConnectedEngine {
  /** Every call with its arguments, without abort signals. */
  readonly calls: Call[];
  /** What was written to the container's input; `EOF` when it was closed. */
  readonly input: string[];
  /** What archives held that were given to the engine. */
  readonly received: string[];
  finish(): void;
  called(method: string): Call[];
}

export const containerId = "c".repeat(64);

export const noSuchContainer = (name: string): EngineError =>
  new EngineError("not-found", `No such container: ${name}`);

export function fakeEngine(script: Script = {}): FakeEngine {
  const fake = new Fake(script);
  return {
    calls: fake.calls,
    input: fake.input,
    received: fake.received,
    containers: fake.containers() as ConnectedEngine["containers"],
    images: fake.images() as ConnectedEngine["images"],
    execs: fake.execs(),
    events: {
      subscribe: (query = {}) => {
        fake.record("subscribe", plain(query));
        return each(script.events ?? []);
      },
    },
    volumes: fake.volumes(),
    apiVersion: "1.50",
    document: async <T>(path: string, query = {}) => {
      const asked = Object.entries(query).filter(([, value]) => value !== undefined && value !== false);
      fake.record("document", path, Object.fromEntries(asked));
      const { documents = {} } = script;
      if (Object.hasOwn(documents, path)) return documents[path] as T;
      throw new EngineError("not-found", `No such thing: ${path}`);
    },
    plugins: async () => script.plugins ?? [],
    finish: () => fake.finished.resolve(),
    called: (method) => fake.calls.filter((call) => call[0] === method),
  };
}

/** Options without the signal, which says nothing in a comparison. */
function plain(options: object): object {
  return Object.fromEntries(Object.entries(options).filter(([name]) => name !== "signal"));
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

class Fake {
  readonly calls: Call[] = [];
  readonly input: string[] = [];
  readonly received: string[] = [];
  readonly finished = Promise.withResolvers<void>();
  readonly #script: Script;

  constructor(script: Script) {
    this.#script = script;
    if (script.hold !== true) this.finished.resolve();
  }

  record(method: string, ...parameters: unknown[]): void {
    this.calls.push([method, ...parameters.filter((parameter) => parameter !== undefined)]);
    const { errors } = this.#script;
    const error = errors?.[method] ?? errors?.[`${method} ${String(parameters[0])}`];
    if (error !== undefined) throw error;
  }

  containers(): Partial<ConnectedEngine["containers"]> {
    const script = this.#script;
    const record = this.record.bind(this);
    return {
      ...this.#simpleVerbs(),
      create: async (options) => {
        record("create", options);
        return { id: containerId, warnings: script.warnings ?? [] };
      },
      wait: async (name, condition) => {
        record("wait", name, condition);
        await this.finished.promise;
        return { exitCode: script.exitCode ?? 0 };
      },
      list: async (options) => {
        record("list", options);
        return script.containers ?? [];
      },
      inspect: async (name) => {
        record("inspect", name);
        return this.#containerRecord();
      },
      logs: (name, query = {}) => {
        record("logs", name, plain(query));
        return this.#output();
      },
      attach: async (name, options) => {
        record("attach", name, options);
        return this.#attachment();
      },
      update: async (name, changes) => {
        record("update", name, changes);
        return { warnings: script.warnings ?? [] };
      },
      top: async (name, psArguments) => {
        record("top", name, psArguments);
        return { titles: ["PID", "CMD"], processes: [["1", "sleep 1"]] };
      },
      stats: (name, options = {}) => {
        record("stats", name, plain(options));
        return each(script.stats ?? []);
      },
      changes: (name) => {
        record("changes", name);
        return each(script.changes ?? []);
      },
      commit: async (name, options = {}) => {
        record("commit", name, plain(options));
        return { id: "sha256:1" };
      },
      prune: async (filters) => {
        record("containers.prune", filters);
        return script.pruned ?? { deleted: [], reclaimedBytes: 0 };
      },
      ...this.#files(),
    };
  }

  #simpleVerbs(): Partial<ConnectedEngine["containers"]> {
    const record = this.record.bind(this);
    return {
      start: async (name) => record("start", name),
      stop: async (name, options) => record("stop", name, options),
      restart: async (name, options) => record("restart", name, options),
      kill: async (name, signal) => record("kill", name, signal),
      pause: async (name) => record("pause", name),
      unpause: async (name) => record("unpause", name),
      rename: async (name, newName) => record("rename", name, newName),
      remove: async (name, options) => record("remove", name, options),
      resize: async (name, size) => record("resize", name, size),
    };
  }

  #files(): Partial<ConnectedEngine["containers"]> {
    const { archive = [], paths = {} } = this.#script;
    const bytes = archive.map((text) => new TextEncoder().encode(text));
    const stat = (path: string) => {
      const found = paths[path];
      if (found === undefined) throw new EngineError("not-found", `Could not find the file ${path}`);
      const name = path.split("/").at(-1)!;
      return { name, size: 0, mode: found.mode, mtime: "", linkTarget: found.linkTarget ?? "" };
    };
    return {
      export: (name) => {
        this.record("export", name);
        return each(bytes);
      },
      statPath: async (_name, path) => stat(path),
      readPath: async (name, path) => {
        this.record("readPath", name, path);
        return { stat: stat(path), archive: each(bytes) };
      },
      writePath: async (name, path, content, options = {}) => {
        this.record("writePath", name, path, plain(options));
        await this.#receive(content);
      },
    };
  }

  images(): Partial<ConnectedEngine["images"]> {
    const script = this.#script;
    const record = this.record.bind(this);
    return {
      has: async (name) => {
        record("has", name);
        return script.present?.includes(name) ?? true;
      },
      pull: async (name, options) => {
        record("pull", name);
        options?.progress?.({ id: "layer", status: "Downloading", current: 1, total: 2 });
        options?.progress?.({ id: "layer", status: "Downloading", current: 2, total: 2 });
        options?.progress?.({ id: "layer", status: "Done" });
        options?.progress?.({ status: "Digest: sha256:2" });
        if (script.holdPull === true) {
          await new Promise((_, reject) => options?.signal?.addEventListener("abort", reject));
        }
        return { id: "sha256:1", digest: "sha256:2", upToDate: false };
      },
      tag: async (source, target) => record("tag", source, target),
      inspect: async () => ({ record: { id: "sha256:1" } }) as never,
      remove: async (name, options) => {
        record("rmi", name, options);
        return { untagged: [`${name}:latest`], deleted: ["sha256:1"] };
      },
      history: async () => script.history ?? [],
      save: (names) => {
        record("save", names);
        return each((script.archive ?? []).map((text) => new TextEncoder().encode(text)));
      },
      load: async (archive, options) => {
        record("load");
        options?.progress?.({ status: "Loading layer" });
        await this.#receive(archive);
        return script.loaded ?? [];
      },
      importLayer: async (archive, options = {}) => {
        record("importLayer", plain(options));
        await this.#receive(archive);
        return { id: "sha256:1" };
      },
      prune: async (filters) => {
        record("images.prune", filters);
        return { untagged: [], ...(script.pruned ?? { deleted: [], reclaimedBytes: 0 }) };
      },
    };
  }

  execs(): ConnectedEngine["execs"] {
    return {
      create: async (container, options) => {
        this.record("exec.create", container, options);
        return { id: "e1" };
      },
      start: async (id, options) => {
        this.record("exec.start", id, options);
        return this.#attachment();
      },
      inspect: async () => ({ exitCode: this.#script.exitCode ?? 0 }) as never,
      resize: async (id, size) => this.record("exec.resize", id, size),
    };
  }

  volumes(): ConnectedEngine["volumes"] {
    const record = this.record.bind(this);
    return {
      create: async (options) => {
        record("volume.create", options);
        return { name: options.name ?? "made-up" } as Volume;
      },
      inspect: async () => ({}) as Volume,
      list: async () => [],
      remove: async (name, options) => record("volume.remove", name, options),
      prune: async (filters) => {
        record("volumes.prune", filters);
        return this.#script.pruned ?? { deleted: [], reclaimedBytes: 0 };
      },
    };
  }

  #containerRecord(): ContainerRecord {
    const { openStdin = true, terminal = false, status = "exited" } = this.#script;
    return {
      id: containerId,
      name: "web",
      config: { openStdin, terminal },
      hostConfig: { autoRemove: false },
      state: { status },
    } as ContainerRecord;
  }

  #attachment() {
    return {
      terminal: this.#script.terminal ?? false,
      output: this.#output(),
      writeStdin: async (data: Uint8Array) => void this.input.push(new TextDecoder().decode(data)),
      closeStdin: async () => void this.input.push("EOF"),
      close: async () => this.record("close"),
    };
  }

  async *#output(): AsyncGenerator<LogEntry> {
    let time = 1_714_564_800_000_000_000n;
    for (const [stream, text] of this.#script.output ?? []) {
      yield { stream, data: new TextEncoder().encode(text), time };
      time += 1n;
    }
    await this.finished.promise;
  }

  async #receive(archive: AsyncIterable<Uint8Array>): Promise<void> {
    let text = "";
    for await (const chunk of archive) text += new TextDecoder().decode(chunk);
    this.received.push(text);
  }
}
