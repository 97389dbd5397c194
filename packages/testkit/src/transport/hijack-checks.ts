import assert from "node:assert/strict";
import { once } from "node:events";
import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";

import type { ClientResponse, Connection } from "@gantry/core";

import { collectBytes } from "../fixtures/collect.ts";
import { randomContent } from "../fixtures/random-content.ts";
import { type TransportBench, type TransportCheck, becomes, connect, get, ok, textOf } from "./transport-bench.ts";

/** A connection whose every request is taken over, and the client's side of one. */
async function hijacked(
  bench: TransportBench,
  work: (stream: Duplex) => Promise<void>,
): Promise<{ connection: Connection; stream: Duplex; headers: ClientResponse["headers"] }> {
  const connection = await connect(bench, async () => ({ status: 101, headers: { "x-mode": "raw" }, hijack: work }));
  const response = await connection.request({ method: "POST", path: "/attach", upgrade: true });
  assert.equal(response.status, 101);
  assert.ok(response.stream !== undefined, "the response has no stream");
  const { stream } = response;
  bench.defer(async () => void stream.destroy());
  return { connection, stream, headers: response.headers };
}

export const hijackChecks: readonly TransportCheck[] = [
  {
    rule: "headers of a hijacked response reach the client",
    feature: "heads",
    async run(bench) {
      const { headers } = await hijacked(bench, async (server) => void server.end());
      assert.equal(headers["x-mode"], "raw");
    },
  },
  {
    rule: "a hijacked connection carries bytes in both directions as they come",
    async run(bench) {
      const { stream } = await hijacked(bench, async (server) => {
        for await (const chunk of server) server.write(Buffer.from(`<${(chunk as Buffer).toString()}>`));
        server.end();
      });
      for (const word of ["one", "two"]) {
        stream.write(word);
        const [answer] = (await once(stream, "data")) as [Buffer];
        assert.equal(answer.toString(), `<${word}>`);
      }
    },
  },
  {
    rule: "the server may speak first",
    async run(bench) {
      const { stream } = await hijacked(bench, async (server) => {
        server.end("hello");
      });
      assert.equal((await collectBytes(stream)).toString(), "hello");
    },
  },
  {
    rule: "the end of the client's direction leaves the other open",
    async run(bench) {
      const { stream } = await hijacked(bench, async (server) => {
        const received = await collectBytes(server);
        await delay(20);
        server.end(`got ${received.toString()}`);
      });
      stream.end("all");
      assert.equal((await collectBytes(stream)).toString(), "got all");
    },
  },
  {
    rule: "the end of the server's direction leaves the other open",
    async run(bench) {
      const { promise: received, resolve } = Promise.withResolvers<string>();
      const { stream } = await hijacked(bench, async (server) => {
        server.end("bye");
        resolve((await collectBytes(server)).toString());
      });
      assert.equal((await collectBytes(stream)).toString(), "bye");
      await delay(20);
      stream.end("still here");
      assert.equal(await received, "still here");
    },
  },
  {
    rule: "large content arrives whole in both directions at a time",
    async run(bench) {
      const [up, down] = [randomContent(2_000_000).bytes, randomContent(2_000_000).bytes];
      const { promise: received, resolve } = Promise.withResolvers<Buffer>();
      const { stream } = await hijacked(bench, async (server) => {
        server.end(down);
        resolve(await collectBytes(server));
      });
      stream.end(up);
      assert.ok(down.equals(await collectBytes(stream)));
      assert.ok(up.equals(await received));
    },
  },
  {
    rule: "a reader that does not read holds the writer back",
    async run(bench) {
      let written = 0;
      const { stream } = await hijacked(bench, async (server) => {
        const chunk = new Uint8Array(65_536);
        for (; written < 1024; written += 1) if (!server.write(chunk)) await once(server, "drain");
        server.end();
      });
      await delay(300);
      assert.ok(written < 512, `${written} of 1024 chunks were written for nobody`);
      assert.equal((await collectBytes(stream)).length, 1024 * 65_536);
    },
  },
  {
    rule: "the server's stream closes when the client destroys its own",
    feature: "loss",
    async run(bench) {
      let closed = false;
      const { stream } = await hijacked(bench, async (server) => {
        server.on("close", () => (closed = true));
        server.on("error", () => {});
        server.resume();
        await once(server, "close").catch(() => {});
      });
      await delay(20);
      stream.destroy();
      assert.ok(await becomes(() => closed));
    },
  },
  {
    rule: "a handler that fails after it took over ends the stream, and nothing else",
    feature: "loss",
    async run(bench) {
      const { connection, stream } = await hijacked(bench, async () => {
        throw new Error("the handler's own");
      });
      stream.on("error", () => {});
      stream.resume();
      await (stream.closed ? undefined : once(stream, "close").catch(() => {}));
      const again = await connection.request({ method: "POST", path: "/attach", upgrade: true });
      assert.equal(again.status, 101);
      again.stream?.on("error", () => {}).destroy();
    },
  },
  {
    rule: "an upgrade that the handler does not take gives a plain response",
    feature: "heads",
    async run(bench) {
      const connection = await connect(bench, async () => ({ ...ok("no such container"), status: 404 }));
      const response = await connection.request({ method: "POST", path: "/attach", upgrade: true });
      assert.deepEqual([response.status, response.stream], [404, undefined]);
      assert.equal(await textOf(response), "no such container");
    },
  },
  {
    rule: "requests go on beside a hijacked stream of the same connection",
    async run(bench) {
      const connection = await connect(bench, async ({ path }) =>
        path === "/attach"
          ? { status: 101, headers: {}, hijack: async (server) => void server.pipe(server) }
          : ok(path),
      );
      const { stream } = await connection.request({ method: "POST", path: "/attach", upgrade: true });
      assert.ok(stream !== undefined);
      assert.equal(await textOf(await get(connection, "/beside")), "/beside");
      stream.end("echo");
      assert.equal((await collectBytes(stream)).toString(), "echo");
    },
  },
];
