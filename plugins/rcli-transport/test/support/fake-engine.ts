import { EngineError, type LogEntry, type TreeChange } from "@gantry/core";
import type { ContainerRecord, ContainerSummary, ImageDetails, ImageSummary } from "@gantry/engine";
import { collectBytes } from "@gantry/testkit";

import type { RcliEngine } from "../../src/index.ts";

type Containers = RcliEngine["containers"];
type Images = RcliEngine["images"];

export const now = Date.now();
export const containerHex = "c0ffee00".padEnd(64, "1");
export const imageHex = `sha256:${"0123456789abcdef".padEnd(64, "0")}`;

/** Answers that a test chooses; each call is recorded with its arguments. */
export interface Script {
  containers?: readonly Partial<ContainerSummary>[];
  images?: readonly Partial<ImageSummary>[];
  output?: readonly (readonly ["stdout" | "stderr", string])[];
  changes?: readonly TreeChange[];
  status?: ContainerRecord["state"]["status"];
  errors?: Readonly<Record<string, Error>>;
  exitCode?: number;
}

export interface FakeEngine extends RcliEngine {
  readonly calls: (readonly unknown[])[];
  /** What reached the container's input; `EOF` when it was closed. */
  readonly input: string[];
}

export function fakeEngine(script: Script = {}): FakeEngine {
  const calls: (readonly unknown[])[] = [];
  const input: string[] = [];
  const record = (method: string, ...parameters: readonly unknown[]): void => {
    calls.push([method, ...parameters]);
    const error = script.errors?.[method] ?? script.errors?.[`${method} ${String(parameters[0])}`];
    if (error !== undefined) throw error;
  };
  const base = { calls, input, record, script };
  return {
    calls,
    input,
    containers: fakeContainers(base) as Containers,
    images: fakeImages(base) as Images,
    info: async () => ({ containers: { total: 3 }, images: 2 }) as Awaited<ReturnType<RcliEngine["info"]>>,
  };
}

interface Base {
  input: string[];
  record: (method: string, ...parameters: readonly unknown[]) => void;
  script: Script;
}

function fakeContainers({ input, record, script }: Base): Partial<Containers> {
  async function* output(stdout = true, stderr = true): AsyncGenerator<LogEntry> {
    for (const [stream, text] of script.output ?? []) {
      if (stream === "stdout" ? stdout : stderr) yield { stream, data: Buffer.from(text), time: 0n };
    }
  }
  const inspect = async (name: string): Promise<ContainerRecord> => {
    record("inspect", name);
    return {
      id: containerHex,
      createdAt: "2013-02-26T17:28:00Z",
      path: "cat",
      args: ["-n"],
      image: "base",
      config: { hostname: "c0ffee00", user: "", terminal: false, openStdin: true },
      hostConfig: { resources: {} },
      state: { status: script.status ?? "running", pid: 7, exitCode: 0 },
    } as unknown as ContainerRecord;
  };
  return {
    inspect,
    create: async (options) => {
      record("create", options);
      return { id: containerHex, warnings: [] };
    },
    start: async (name) => record("start", name),
    stop: async (name, options) => record("stop", name, options),
    restart: async (name, options) => record("restart", name, options),
    kill: async (name, signal) => record("kill", name, signal),
    remove: async (name, options) => record("remove", name, options),
    wait: async (name) => {
      record("wait", name);
      return { exitCode: script.exitCode ?? 0 };
    },
    list: async (options) => {
      record("list", options);
      return (script.containers ?? []) as readonly ContainerSummary[];
    },
    logs: (name, query = {}) => {
      record("logs", name);
      return output(query.stdout, query.stderr);
    },
    attach: async (name) => {
      record("attach", name);
      const closed = Promise.withResolvers<void>();
      return {
        terminal: false,
        output: (async function* () {
          yield* output();
          // A cat: its output ends with its input.
          if (script.output === undefined) await closed.promise;
          if (script.output === undefined) yield { stream: "stdout", data: Buffer.from(input.join("|")), time: 0n };
        })(),
        writeStdin: async (data) => void input.push(Buffer.from(data).toString()),
        closeStdin: async () => {
          input.push("EOF");
          closed.resolve();
        },
        close: async () => {
          record("close");
          closed.resolve();
        },
      };
    },
    changes: async function* (name) {
      record("changes", name);
      yield* script.changes ?? [];
    },
    export: async function* (name) {
      record("export", name);
      yield Buffer.from("tar");
    },
    commit: async (name, options) => {
      record("commit", name, options);
      return { id: imageHex };
    },
  };
}

function fakeImages({ input, record, script }: Base): Partial<Images> {
  return {
    list: async () => (script.images ?? []) as readonly ImageSummary[],
    inspect: async (name) => {
      record("images.inspect", name);
      if (name === "nothing") throw new EngineError("not-found", `No such image: ${name}`);
      return {
        record: { id: imageHex, layers: [{ chainId: "low" }, { chainId: "top" }], createdAt: "2013-01-01T00:00:00Z" },
        tags: ["base:latest"],
        parent: "",
      } as unknown as ImageDetails;
    },
    importLayer: async (layer, options) => {
      const { signal: _, ...rest } = options ?? {};
      record("importLayer", rest);
      input.push((await collectBytes(layer)).toString());
      return { id: imageHex };
    },
    pull: async (name) => {
      record("pull", name);
      return { id: imageHex, digest: "", upToDate: false };
    },
    remove: async (name) => {
      record("images.remove", name);
      return { untagged: [], deleted: [] };
    },
    tag: async (source, name) => record("tag", source, name),
  };
}
