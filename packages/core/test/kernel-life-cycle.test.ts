import { beforeEach, describe, expect, test } from "vitest";

import { EngineError, Kernel, type Plugin, type Token, definePlugin, inject, token } from "@gantry/core";

import { anyHost } from "./plugin-fixtures.ts";

const A = token<object>("A");
const B = token<object>("B");
const C = token<object>("C");
let log: string[] = [];

beforeEach(() => {
  log = [];
});

interface Behaviour {
  readonly needs?: Token<object>;
  readonly start?: () => void | Promise<void>;
  readonly stop?: () => void | Promise<void>;
}

/** A plugin of one class that notes what happens to it. */
function noting(name: string, provided: Token<object>, { needs, start, stop }: Behaviour = {}): Plugin {
  class Noting {
    constructor() {
      log.push(`make ${name}`);
    }
    async start(): Promise<void> {
      await start?.();
      log.push(`start ${name}`);
    }
    async stop(): Promise<void> {
      log.push(`stop ${name}`);
      await stop?.();
    }
  }
  if (needs !== undefined) inject(needs)(Noting, undefined, 0);
  return definePlugin({
    name,
    provides: [provided],
    ...(needs === undefined ? {} : { requires: [needs] }),
    register: (registrar) => registrar.singleton(provided, Noting),
  })();
}

function start(...plugins: Plugin[]): Promise<Kernel> {
  return Kernel.start({ plugins, host: anyHost });
}

function failing(message: string): () => never {
  return () => {
    throw new EngineError("unavailable", message);
  };
}

test("plugins start in the order of their needs, each before the next is made, and stop in reverse", async () => {
  const kernel = await start(noting("c", C, { needs: B }), noting("b", B, { needs: A }), noting("a", A));
  expect(log).toEqual(["make a", "start a", "make b", "start b", "make c", "start c"]);
  log = [];
  await kernel.stop();
  expect(log).toEqual(["stop c", "stop b", "stop a"]);
});

test("without needs the order is that of the list", async () => {
  await using _ = await start(noting("c", C), noting("a", A), noting("b", B));
  expect(log.filter((line) => line.startsWith("start"))).toEqual(["start c", "start a", "start b"]);
});

test("within a plugin what a class takes is started before it", async () => {
  class Inner {
    start(): void {
      log.push("start inner");
    }
  }
  class Outer {
    constructor(@inject(A) readonly inner: object) {}
    start(): void {
      log.push("start outer");
    }
  }
  const both = definePlugin({
    name: "both",
    provides: [B, A],
    register: (registrar) => {
      registrar.singleton(B, Outer);
      registrar.singleton(A, Inner);
    },
  });
  await using _ = await start(both());
  expect(log).toEqual(["start inner", "start outer"]);
});

test("stop may be repeated and stops once; leaving the scope stops", async () => {
  const kernel = await start(noting("a", A));
  await Promise.all([kernel.stop(), kernel.stop()]);
  await kernel[Symbol.asyncDispose]();
  expect(log.filter((line) => line === "stop a")).toHaveLength(1);
});

describe("a start that fails", () => {
  test("stops what was started and names the plugin", async () => {
    const plugins = [noting("a", A), noting("b", B, { start: failing("the disk is full") }), noting("c", C)];
    await expect(start(...plugins)).rejects.toMatchObject({
      code: "unavailable",
      message: "plugin b could not start: the disk is full",
      details: { plugin: "b" },
    });
    expect(log).toEqual(["make a", "start a", "make b", "stop a"]);
  });

  test("in a constructor does so too, and tells the first error and not what wrapped it", async () => {
    class Bad {
      readonly a: object;
      constructor(@inject(A) a: object) {
        this.a = a;
        throw new EngineError("forbidden", "root is needed");
      }
    }
    const bad = definePlugin({ name: "bad", provides: [B], requires: [A], register: (r) => r.singleton(B, Bad) });
    await expect(start(noting("a", A), bad())).rejects.toMatchObject({
      code: "forbidden",
      message: "plugin bad could not start: root is needed",
    });
    expect(log.at(-1)).toBe("stop a");
  });

  test("and whose stopping fails tells both", async () => {
    const plugins = [noting("a", A, { stop: failing("a hangs") }), noting("b", B, { start: failing("b is broken") })];
    const error = await start(...plugins).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "unavailable" });
    expect(error).toHaveProperty("message", "plugin b could not start: b is broken; plugin a could not stop: a hangs");
  });
});

describe("a stop that fails", () => {
  test("keeps no other from stopping and names the plugin", async () => {
    const kernel = await start(noting("a", A), noting("b", B, { stop: failing("b hangs") }), noting("c", C));
    await expect(kernel.stop()).rejects.toMatchObject({ message: "plugin b could not stop: b hangs" });
    expect(log.slice(-3)).toEqual(["stop c", "stop b", "stop a"]);
  });

  test("of several tells all", async () => {
    const kernel = await start(
      noting("a", A, { stop: failing("a hangs") }),
      noting("b", B, { stop: failing("b hangs") }),
    );
    await expect(kernel.stop()).rejects.toThrow("plugin b could not stop: b hangs; plugin a could not stop: a hangs");
  });
});
