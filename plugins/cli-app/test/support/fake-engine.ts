import { EngineError, type LogEntry, type PluginReport } from "@gantry/core";
import type { ContainerRecord, ContainerSummary, Containers, ImageSummary, Images } from "@gantry/engine";

import type { ConnectedEngine } from "../../src/light.ts";

type Call = readonly unknown[];

/** Answers of the engine that a test chooses; what is not chosen succeeds. */
export interface Script {
  containers?: readonly ContainerSummary[];
  images?: readonly ImageSummary[];
  /** Names of images that are here. */
  present?: readonly string[];
  exitCode?: number;
  /** Pieces of output: `["stdout", "text"]`; the stream ends when `finish` is called, or at once without `hold`. */
  output?: readonly (readonly ["stdout" | "stderr", string])[];
  hold?: boolean;
  /** Pulls go on until they are aborted. */
  holdPull?: boolean;
  terminal?: boolean;
  /** Errors by method. */
  errors?: Readonly<Record<string, Error>>;
  warnings?: readonly string[];
  openStdin?: boolean;
  plugins?: readonly PluginReport[];
}

export interface FakeEngine extends ConnectedEngine {
  /** Every call with its arguments, without abort signals. */
  readonly calls: Call[];
  /** What was written to the container's input; `EOF` when it was closed. */
  readonly input: string[];
  finish(): void;
  called(method: string): Call[];
}

export const noSuchContainer = (name: string): EngineError =>
  new EngineError("not-found", `No such container: ${name}`);

export function fakeEngine(script: Script = {}): FakeEngine {
  const calls: Call[] = [];
  const input: string[] = [];
  const finished = Promise.withResolvers<void>();
  if (script.hold !== true) finished.resolve();
  const record = (method: string, ...parameters: unknown[]): void => {
    calls.push([method, ...parameters.filter((parameter) => parameter !== undefined)]);
    const error = script.errors?.[method] ?? script.errors?.[`${method} ${String(parameters[0])}`];
    if (error !== undefined) throw error;
  };
  async function* output(): AsyncGenerator<LogEntry> {
    let time = 1_714_564_800_000_000_000n;
    for (const [stream, text] of script.output ?? []) {
      yield { stream, data: new TextEncoder().encode(text), time };
      time += 1n;
    }
    await finished.promise;
  }
  const containers: Partial<Containers> = {
    create: async (options) => {
      record("create", options);
      return { id: "c".repeat(64), warnings: script.warnings ?? [] };
    },
    start: async (name) => record("start", name),
    stop: async (name, options) => record("stop", name, options),
    kill: async (name, signal) => record("kill", name, signal),
    wait: async (name, condition) => {
      record("wait", name, condition);
      await finished.promise;
      return { exitCode: script.exitCode ?? 0 };
    },
    remove: async (name, options) => record("remove", name, options),
    list: async (options) => {
      record("list", options);
      return script.containers ?? [];
    },
    inspect: async (name) => {
      record("inspect", name);
      return {
        id: "c".repeat(64),
        config: { openStdin: script.openStdin ?? true },
        hostConfig: { autoRemove: false },
        state: { status: "exited" },
      } as ContainerRecord;
    },
    logs: (name, query = {}) => {
      const { signal: _, ...rest } = query;
      record("logs", name, rest);
      return output();
    },
    attach: async (name) => {
      record("attach", name);
      return {
        terminal: script.terminal ?? false,
        output: output(),
        writeStdin: async (data) => void input.push(new TextDecoder().decode(data)),
        closeStdin: async () => void input.push("EOF"),
        close: async () => record("close"),
      };
    },
    resize: async (name, size) => record("resize", name, size),
  };
  const images: Partial<Images> = {
    list: async () => script.images ?? [],
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
  };
  return {
    calls,
    input,
    containers: containers as Containers,
    images: images as Images,
    execs: {} as ConnectedEngine["execs"],
    events: { subscribe: () => (async function* () {})() },
    info: async () => ({
      version: "1.2.3",
      containers: { total: 6, running: 1, paused: 2, stopped: 3 },
      images: 4,
      storageDriver: "overlay",
      isolationBackend: "native",
      limiter: { name: "cgroup", version: 1 },
      dataRoot: "/data",
      warnings: ["no swap limit"],
    }),
    plugins: () => script.plugins ?? [],
    finish: finished.resolve,
    called: (method) => calls.filter((call) => call[0] === method),
  };
}
