import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

import type { Connection, Listener } from "@gantry/core";

import { expectError } from "../expect-error.ts";
import { collectBytes } from "../fixtures/collect.ts";
import {
  type TransportBench,
  type TransportCheck,
  addressOf,
  becomes,
  connect,
  dial,
  get,
  ok,
  serve,
  textOf,
} from "./transport-bench.ts";

/** A handler whose response goes on until somebody stops it, and what becomes of it. */
async function endless(bench: TransportBench): Promise<{ connection: Connection; seen: EndlessResponse }> {
  const seen: EndlessResponse = { aborted: false, returned: false };
  const connection = await connect(bench, async ({ signal }) => {
    signal.addEventListener("abort", () => (seen.aborted = true));
    async function* body(): AsyncIterable<Uint8Array> {
      try {
        for (;;) {
          yield Buffer.from("x");
          await delay(5);
        }
      } finally {
        seen.returned = true;
      }
    }
    return ok(body());
  });
  return { connection, seen };
}

interface EndlessResponse {
  aborted: boolean;
  returned: boolean;
}

/** A listener with one response under way, which `finish` lets end. */
async function running(
  bench: TransportBench,
): Promise<{ listener: Listener; text: Promise<string>; finish: () => void }> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  async function* body(): AsyncIterable<Uint8Array> {
    begin();
    yield Buffer.from("begun ");
    await promise;
    yield Buffer.from("ended");
  }
  const listener = await serve(bench, async () => ok(body()));
  const response = await get(await dial(bench, listener), "/");
  // Where bodies are pulled, one that nobody reads does not begin.
  const text = textOf(response);
  await begun;
  return { listener, text, finish: resolve };
}

async function expectGone(seen: EndlessResponse): Promise<void> {
  assert.ok(await becomes(() => seen.aborted), "request.signal was not aborted");
  assert.ok(await becomes(() => seen.returned), "the body's iterator was not returned");
}

export const endingChecks: readonly TransportCheck[] = [
  {
    rule: "a client that aborts its request aborts request.signal, and the body's iterator is returned",
    async run(bench) {
      const { connection, seen } = await endless(bench);
      const caller = new AbortController();
      const response = await connection.request({ method: "GET", path: "/" }, { signal: caller.signal });
      const reason = new Error("the caller gave up");
      const reading = collectBytes(response.body);
      await delay(20);
      caller.abort(reason);
      await assert.rejects(reading);
      await expectGone(seen);
    },
  },
  {
    rule: "a client that leaves the body half way has gone away",
    async run(bench) {
      const { connection, seen } = await endless(bench);
      let bytes = 0;
      for await (const chunk of (await get(connection, "/")).body) {
        bytes += chunk.length;
        if (bytes > 2) break;
      }
      await expectGone(seen);
    },
  },
  {
    rule: "closing the connection ends what runs on it",
    async run(bench) {
      const { connection, seen } = await endless(bench);
      const reading = collectBytes((await get(connection, "/")).body);
      const failed = assert.rejects(reading);
      await delay(20);
      await connection.close();
      await expectGone(seen);
      await failed;
    },
  },
  {
    rule: "a request that is aborted before the response rejects with the signal's reason and aborts request.signal",
    feature: "heads",
    async run(bench) {
      let aborted = false;
      const connection = await connect(bench, async ({ signal }) => {
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
        aborted = true;
        return ok();
      });
      const caller = new AbortController();
      const reason = new Error("the caller gave up");
      const request = connection.request({ method: "GET", path: "/" }, { signal: caller.signal });
      await Promise.all([
        assert.rejects(request, (thrown) => thrown === reason),
        delay(20).then(() => caller.abort(reason)),
      ]);
      assert.ok(await becomes(() => aborted));
    },
  },
  {
    rule: "a finished request does not abort request.signal",
    async run(bench) {
      let aborted = false;
      const connection = await connect(bench, async ({ signal }) => {
        signal.addEventListener("abort", () => (aborted = true));
        return ok("text");
      });
      await textOf(await get(connection, "/"));
      await delay(50);
      assert.equal(aborted, false);
    },
  },
  {
    rule: "a handler that throws gives status 500 with a message, and the next request works",
    feature: "heads",
    async run(bench) {
      const connection = await connect(bench, async ({ path }) => {
        if (path === "/bad") throw new Error("the handler's own words");
        return ok("good");
      });
      const response = await get(connection, "/bad");
      assert.equal(response.status, 500);
      const answer = JSON.parse(await textOf(response)) as { message: string };
      assert.equal(answer.message, "the handler's own words");
      assert.equal(await textOf(await get(connection, "/good")), "good");
    },
  },
  {
    rule: "a body that fails half way fails at the client, and does not look complete",
    async run(bench) {
      async function* body(): AsyncIterable<Uint8Array> {
        yield Buffer.from("some");
        await delay(10);
        throw new Error("the disk is gone");
      }
      const connection = await connect(bench, async ({ path }) => (path === "/bad" ? ok(body()) : ok("good")));
      const response = await get(connection, "/bad");
      await assert.rejects(collectBytes(response.body));
      assert.equal(await textOf(await get(connection, "/good")), "good");
    },
  },
  {
    rule: "an address in use is a conflict that names it",
    async run(bench) {
      const listener = await serve(bench, async () => ok("first"));
      const error = await expectError("conflict", () => bench.subject.listen(listener.address, async () => ok()));
      assert.ok(error.message.includes(listener.address.replace(/^[a-z]+:\/*/, "")), error.message);
      assert.equal(await textOf(await get(await dial(bench, listener), "/")), "first");
    },
  },
  {
    rule: "dial where nobody listens is unavailable",
    async run(bench) {
      const listener = await bench.subject.listen(addressOf(bench), async () => ok());
      await listener.close();
      await expectError("unavailable", () => bench.subject.dial(listener.address));
    },
  },
  {
    rule: "a malformed address is refused",
    async run(bench) {
      for (const address of ["", "no address", "no-such-scheme://x", `${bench.subject.schemes[0]}:`]) {
        await expectError("invalid-argument", () => bench.subject.listen(address, async () => ok()));
        await expectError("invalid-argument", () => bench.subject.dial(address));
      }
    },
  },
  {
    rule: "close lets running requests finish",
    async run(bench) {
      const { listener, text, finish } = await running(bench);
      let closed = false;
      const closing = listener.close().then(() => (closed = true));
      await delay(30);
      assert.equal(closed, false, "close answered before the request had finished");
      finish();
      assert.equal(await text, "begun ended");
      await closing;
    },
  },
  {
    rule: "close refuses new connections while it waits",
    async run(bench) {
      const { listener, text, finish } = await running(bench);
      const closing = listener.close();
      await delay(10);
      await expectError("unavailable", () => bench.subject.dial(listener.address));
      finish();
      await text;
      await closing;
    },
  },
  {
    rule: "close cuts off what still runs when its signal aborts",
    async run(bench) {
      const { listener, text } = await running(bench);
      const failed = assert.rejects(text);
      const patience = new AbortController();
      const closing = listener.close({ signal: patience.signal });
      await delay(20);
      patience.abort();
      await Promise.all([closing, failed]);
    },
  },
  {
    rule: "close leaves nothing on the disk, and the address is free again",
    async run(bench) {
      const before = await readdir(bench.pluginDirectory, { recursive: true });
      const first = await bench.subject.listen(addressOf(bench), async () => ok("first"));
      await first.close();
      await first.close();
      assert.deepEqual(await readdir(bench.pluginDirectory, { recursive: true }), before);
      const second = await bench.subject.listen(first.address, async () => ok("second"));
      bench.defer(() => second.close());
      assert.equal(await textOf(await get(await dial(bench, second), "/")), "second");
    },
  },
];
