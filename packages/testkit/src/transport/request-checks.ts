import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";

import { collectBytes, streamOf } from "../fixtures/collect.ts";
import { digestOf, randomContent } from "../fixtures/random-content.ts";
import { type TransportCheck, addressOf, becomes, connect, dial, get, ok, serve, textOf } from "./transport-bench.ts";

const kibibytes64 = new Uint8Array(65_536);

export const requestChecks: readonly TransportCheck[] = [
  {
    rule: "the address has one of the transport's schemes",
    async run(bench) {
      assert.notEqual(bench.subject.name, "");
      const [scheme] = addressOf(bench).split(":");
      assert.ok(bench.subject.schemes.includes(scheme!), `${scheme} is none of ${bench.subject.schemes.join()}`);
    },
  },
  {
    rule: "method, path with query, headers and body reach the handler",
    feature: "heads",
    async run(bench) {
      const seen: unknown[] = [];
      const connection = await connect(bench, async ({ method, path, headers, body }) => {
        seen.push(method, path, headers["x-one"], headers["x-two"], (await collectBytes(body)).toString());
        return ok();
      });
      const path = "/v1.41/containers/a%20b/json?all=1&filters=%7B%22a%22%3A1%7D&empty=";
      const headers = { "X-One": "1", "x-two": "two words; q=1" };
      await connection.request({ method: "PUT", path, headers, body: streamOf(Buffer.from("body")) });
      assert.deepEqual(seen, ["PUT", path, "1", "two words; q=1", "body"]);
    },
  },
  {
    rule: "status, headers and body of the response reach the client, the names of headers in lower case",
    feature: "heads",
    async run(bench) {
      const connection = await connect(bench, async () => ({
        status: 418,
        headers: { "X-Answer": "yes", "content-type": "text/plain" },
        body: streamOf(Buffer.from("te"), Buffer.from("xt")),
      }));
      const response = await get(connection, "/");
      assert.deepEqual([response.status, response.headers["x-answer"]], [418, "yes"]);
      assert.equal(response.headers["content-type"], "text/plain");
      assert.equal(await textOf(response), "text");
    },
  },
  {
    rule: "a request and a response without body have an empty one",
    feature: "heads",
    async run(bench) {
      for (const status of [200, 204, 304]) {
        let received = "unset";
        const listener = await serve(
          bench,
          async ({ body }) => {
            received = (await collectBytes(body)).toString();
            return { status, headers: {} };
          },
          status,
        );
        const response = await get(await dial(bench, listener), "/");
        assert.deepEqual([response.status, await textOf(response), received], [status, "", ""]);
      }
    },
  },
  {
    rule: "methods are kept",
    feature: "heads",
    async run(bench) {
      const connection = await connect(bench, async ({ method }) => ({ status: 200, headers: { method } }));
      for (const method of ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]) {
        const response = await connection.request({ method, path: "/" });
        assert.equal(response.headers["method"], method);
        await textOf(response);
      }
    },
  },
  {
    rule: "large bodies arrive whole in both directions",
    async run(bench) {
      const { bytes, digest } = randomContent(5_000_000);
      let arrived = "";
      const connection = await connect(bench, async ({ body }) => {
        const received = await collectBytes(body);
        arrived = digestOf(received);
        return ok(streamOf(received));
      });
      async function* chunks(): AsyncIterable<Uint8Array> {
        for (let start = 0; start < bytes.length; start += 100_000) yield bytes.subarray(start, start + 100_000);
      }
      const response = await connection.request({ method: "POST", path: "/", body: chunks() });
      assert.ok(bytes.equals(await collectBytes(response.body)));
      assert.equal(arrived, digest);
    },
  },
  {
    rule: "headers of the response arrive before its body has a byte",
    async run(bench) {
      const { promise: released, resolve: release } = Promise.withResolvers<void>();
      async function* body(): AsyncIterable<Uint8Array> {
        await released;
        yield Buffer.from("late");
      }
      const connection = await connect(bench, async () => ok(body()));
      const response = await get(connection, "/");
      assert.equal(response.status, 200);
      release();
      assert.equal(await textOf(response), "late");
    },
  },
  {
    rule: "each chunk of a response is sent when it is produced",
    async run(bench) {
      let release = (): void => {};
      async function* body(): AsyncIterable<Uint8Array> {
        for (let index = 0; index < 5; index += 1) {
          const { promise, resolve } = Promise.withResolvers<void>();
          release = resolve;
          yield Buffer.from(`${index}`);
          await promise;
        }
      }
      const connection = await connect(bench, async () => ok(body()));
      let text = "";
      for await (const chunk of (await get(connection, "/")).body) {
        text += Buffer.from(chunk).toString();
        assert.ok(await becomes(() => text.length > 0));
        release();
      }
      assert.equal(text, "01234");
    },
  },
  {
    rule: "each chunk of a request is sent when it is produced, also before the response",
    async run(bench) {
      const { promise: arrived, resolve: arrive } = Promise.withResolvers<string>();
      const connection = await connect(bench, async ({ body }) => {
        let text = "";
        for await (const chunk of body) {
          text += Buffer.from(chunk).toString();
          if (text === "first") arrive(text);
        }
        return ok(text);
      });
      async function* body(): AsyncIterable<Uint8Array> {
        yield Buffer.from("first");
        assert.equal(await arrived, "first");
        yield Buffer.from("second");
      }
      const response = await connection.request({ method: "POST", path: "/", body: body() });
      assert.equal(await textOf(response), "firstsecond");
    },
  },
  {
    rule: "a client that does not read holds the producer of the response back",
    async run(bench) {
      let produced = 0;
      async function* body(): AsyncIterable<Uint8Array> {
        for (; produced < 1024; produced += 1) yield kibibytes64;
      }
      const connection = await connect(bench, async () => ok(body()));
      const response = await get(connection, "/");
      await delay(300);
      assert.ok(produced < 512, `${produced} of 1024 chunks were produced for nobody`);
      assert.equal((await collectBytes(response.body)).length, 1024 * 65_536);
    },
  },
  {
    rule: "a handler that does not read holds the producer of the request back",
    async run(bench) {
      let produced = 0;
      const { promise: released, resolve: release } = Promise.withResolvers<void>();
      const connection = await connect(bench, async ({ body }) => {
        await released;
        return ok(`${(await collectBytes(body)).length}`);
      });
      async function* body(): AsyncIterable<Uint8Array> {
        for (; produced < 1024; produced += 1) yield kibibytes64;
      }
      const response = connection.request({ method: "POST", path: "/", body: body() });
      await delay(300);
      const before = produced;
      release();
      assert.equal(await textOf(await response), `${1024 * 65_536}`);
      assert.ok(before < 512, `${before} of 1024 chunks were taken for nobody`);
    },
  },
  {
    rule: "requests of one connection at a time do not wait for one another",
    async run(bench) {
      const { promise: released, resolve: release } = Promise.withResolvers<void>();
      const connection = await connect(bench, async ({ path }) => {
        if (path === "/slow") await released;
        return ok(path);
      });
      const slow = get(connection, "/slow");
      const fast = await Promise.all(
        Array.from({ length: 10 }, async (_, index) => textOf(await get(connection, `/${index}`))),
      );
      assert.deepEqual(
        fast,
        Array.from({ length: 10 }, (_, index) => `/${index}`),
      );
      release();
      assert.equal(await textOf(await slow), "/slow");
    },
  },
  {
    rule: "a connection serves many requests, one after another",
    async run(bench) {
      const connection = await connect(bench, async ({ path }) => ok(path));
      for (let index = 0; index < 50; index += 1) {
        assert.equal(await textOf(await get(connection, `/${index}`)), `/${index}`);
      }
    },
  },
  {
    rule: "several connections to one listener are apart",
    async run(bench) {
      const listener = await serve(bench, async ({ path }) => ok(path));
      const [one, two] = [await dial(bench, listener), await dial(bench, listener)];
      await one.close();
      assert.equal(await textOf(await get(two, "/two")), "/two");
    },
  },
  {
    rule: "several listeners are apart",
    async run(bench) {
      const listeners = [await serve(bench, async () => ok("0"), 0), await serve(bench, async () => ok("1"), 1)];
      for (const [index, listener] of listeners.entries()) {
        assert.equal(await textOf(await get(await dial(bench, listener), "/")), `${index}`);
      }
    },
  },
];
