import { setTimeout as delay } from "node:timers/promises";
import { PassThrough } from "node:stream";

import type { TransportRequest, TransportResponse } from "@gantry/core";
import type { Containers, Engine } from "@gantry/engine";
import { collectBytes, streamOf } from "@gantry/testkit";
import { describe, expect, it } from "vitest";

import { ClientActivity } from "../src/client-activity.ts";
import { watchIdleness } from "../src/idle-exit.ts";

function request(signal = new AbortController().signal): TransportRequest {
  return { method: "GET", path: "/", headers: {}, body: streamOf(), signal };
}
const answering = (response: Partial<TransportResponse>) => async () => ({ status: 200, headers: {}, ...response });

/** Whether a request counts as open: time does not pass for it. */
async function open(activity: ClientActivity): Promise<boolean> {
  await delay(3);
  return activity.idleFor() === 0;
}

describe("a request is open", () => {
  it("until its body is sent whole", async () => {
    const activity = new ClientActivity();
    const { body } = await activity.counted(answering({ body: streamOf(Buffer.from("a")) }))(request());
    expect(await open(activity)).toBe(true);
    await collectBytes(body!);
    expect(await open(activity)).toBe(false);
  });

  it("until its body is left, even before it was begun, or fails", async () => {
    const activity = new ClientActivity();
    const left = await activity.counted(answering({ body: streamOf(Buffer.from("a")) }))(request());
    await left.body![Symbol.asyncIterator]().return?.();
    expect(await open(activity)).toBe(false);
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from("a");
      throw new Error("it fails");
    };
    const { body } = await activity.counted(answering({ body: failing() }))(request());
    await expect(collectBytes(body!)).rejects.toThrow("it fails");
    expect(await open(activity)).toBe(false);
  });

  it("until its client is gone", async () => {
    const activity = new ClientActivity();
    const gone = new AbortController();
    await activity.counted(answering({ body: streamOf(Buffer.from("a")) }))(request(gone.signal));
    gone.abort();
    expect(await open(activity)).toBe(false);
  });

  it("as long as it has the connection", async () => {
    const activity = new ClientActivity();
    const { promise, resolve } = Promise.withResolvers<void>();
    const { hijack } = await activity.counted(answering({ hijack: () => promise }))(request());
    const over = hijack!(new PassThrough());
    expect(await open(activity)).toBe(true);
    resolve();
    await over;
    expect(await open(activity)).toBe(false);
  });

  it("not after an answer without a body, or a failure", async () => {
    const activity = new ClientActivity();
    await activity.counted(answering({}))(request());
    await expect(activity.counted(() => Promise.reject(new Error("no")))(request())).rejects.toThrow("no");
    expect(await open(activity)).toBe(false);
  });
});

describe("an engine is idle", () => {
  const container = (config: object, hostConfig: object) => ({
    containers: {
      list: async () => [{ id: "a" }],
      inspect: async () => ({
        config,
        hostConfig: { autoRemove: false, restartPolicy: { name: "no" }, ...hostConfig },
      }),
    } as unknown as Containers,
  });
  const plain = container({}, {});

  async function becomesIdle(engine: object, activity = new ClientActivity()): Promise<boolean> {
    let idle = false;
    const end = watchIdleness(engine as Engine, activity, 20, () => (idle = true));
    await delay(80);
    end();
    return idle;
  }

  it("with nothing running, or what goes on by itself", async () => {
    expect(await becomesIdle({ containers: { list: async () => [] } })).toBe(true);
    expect(await becomesIdle(plain)).toBe(true);
    expect(await becomesIdle(container({ healthcheck: { test: ["NONE"] } }, {}))).toBe(true);
  });

  it("not while a container needs it", async () => {
    expect(await becomesIdle(container({}, { autoRemove: true }))).toBe(false);
    expect(await becomesIdle(container({}, { restartPolicy: { name: "always" } }))).toBe(false);
    expect(await becomesIdle(container({ healthcheck: { test: ["CMD", "true"] } }, {}))).toBe(false);
    expect(await becomesIdle({ containers: { list: () => Promise.reject(new Error("no")) } })).toBe(false);
  });

  it("not while a client is served", async () => {
    const activity = new ClientActivity();
    await activity.counted(answering({ body: streamOf(Buffer.from("a")) }))(request());
    expect(await becomesIdle(plain, activity)).toBe(false);
  });
});
