import { join } from "node:path";

import type { RequestHandler } from "@gantry/core";
import { collectBytes, temporaryDirectory } from "@gantry/testkit";
import { describe, expect, test } from "vitest";

import { HttpTransport } from "../src/index.ts";
import { RawClient } from "./raw-client.ts";

const rawStream = "application/vnd.docker.raw-stream";
const upgrade = "Connection: Upgrade\r\nUpgrade: tcp\r\n";

/** Says what it read up to the client's half close, and goes on to write after it. */
const echo: RequestHandler = async ({ body }) => {
  const sent = await collectBytes(body);
  return {
    status: 200,
    headers: { "Content-Type": rawStream },
    hijack: async (stream) => {
      stream.write(`body:${sent.toString()};`);
      for await (const chunk of stream) stream.write(`got:${chunk};`);
      stream.end("over");
    },
  };
};

async function withServer(handler: RequestHandler, work: (client: RawClient) => Promise<void>): Promise<void> {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, "s");
  const listener = await new HttpTransport().listen(`unix://${path}`, handler);
  try {
    using client = new RawClient(path);
    await work(client);
  } finally {
    await listener.close({ signal: AbortSignal.abort() });
  }
}

describe("a hijacked connection", () => {
  test("begins with Docker's 101 when the client asks for an upgrade", () =>
    withServer(echo, async (client) => {
      client.send(`POST /x HTTP/1.1\r\nHost: d\r\n${upgrade}\r\n`);
      const head = (await client.until("\r\n\r\n")).split("\r\n\r\n")[0];
      expect(head?.split("\r\n")).toEqual([
        "HTTP/1.1 101 UPGRADED",
        `Content-Type: ${rawStream}`,
        "Connection: Upgrade",
        "Upgrade: tcp",
      ]);
    }));

  test("begins with a 200 without length when it does not", () =>
    withServer(echo, async (client) => {
      client.send("POST /x HTTP/1.1\r\nHost: d\r\n\r\n");
      const head = (await client.until("\r\n\r\n")).split("\r\n\r\n")[0];
      expect(head?.split("\r\n")).toEqual(["HTTP/1.1 200 OK", `Content-Type: ${rawStream}`]);
    }));

  test.each([
    ["upgraded", upgrade],
    ["plain", ""],
  ])("%s: each side can end first, the other goes on", (_, headers) =>
    withServer(echo, async (client) => {
      client.send(`POST /x HTTP/1.1\r\nHost: d\r\n${headers}\r\n`);
      await client.until("body:;");
      client.send("GET / HTTP/1.1\r\n\r\n");
      await client.until("got:GET / HTTP/1.1\r\n\r\n;");
      client.end();
      expect(await client.whole()).toMatch(/over$/);
    }),
  );

  test.each([
    ["upgraded", upgrade],
    ["plain", ""],
  ])("%s: the server can end first and still hears the client", async (_, headers) => {
    const heard = Promise.withResolvers<string>();
    const handler: RequestHandler = async () => ({
      status: 200,
      headers: {},
      hijack: async (stream) => {
        stream.end("bye");
        heard.resolve((await collectBytes(stream)).toString());
      },
    });
    await withServer(handler, async (client) => {
      client.send(`POST /x HTTP/1.1\r\nHost: d\r\n${headers}\r\n`);
      expect(await client.whole()).toMatch(/\r\n\r\nbye$/);
      client.send("still here");
      client.end();
      expect(await heard.promise).toBe("still here");
    });
  });

  test.each([
    ["upgraded", upgrade],
    ["plain", ""],
  ])("%s: the body, which may come in pieces, is no part of the stream", (_, headers) =>
    withServer(echo, async (client) => {
      client.send(`POST /x HTTP/1.1\r\nHost: d\r\n${headers}Content-Length: 16\r\n\r\n{"Detach"`);
      client.send(":false}");
      await client.until('body:{"Detach":false};');
      client.send("input");
      await client.until("got:input;");
      client.end();
      expect(await client.whole()).toMatch(/over$/);
    }),
  );

  test("upgraded: input that comes with the body in one packet reaches the stream", () =>
    withServer(echo, async (client) => {
      client.send(`POST /x HTTP/1.1\r\nHost: d\r\n${upgrade}Content-Length: 2\r\n\r\n{}early`);
      await client.until("body:{};");
      expect(await client.until("got:early;")).toMatch(/body:{};got:early;$/);
    }));

  test.each([
    ["upgraded", upgrade],
    ["plain", ""],
  ])("%s: a body that the handler leaves unread is dropped", (_, headers) =>
    withServer(
      async () => ({
        status: 200,
        headers: {},
        hijack: async (stream) => {
          for await (const chunk of stream) stream.write(`got:${chunk};`);
        },
      }),
      async (client) => {
        client.send(`POST /x HTTP/1.1\r\nHost: d\r\n${headers}Content-Length: 2\r\n\r\n{}`);
        await client.until("\r\n\r\n");
        client.send("input");
        expect(await client.until("got:")).toMatch(/\r\n\r\ngot:input;$/);
      },
    ),
  );

  test("is refused with an ordinary response when the handler says so", () =>
    withServer(
      async () => ({ status: 404, headers: { "content-length": "2" }, body: chunks("no") }),
      async (client) => {
        client.send(`POST /x HTTP/1.1\r\nHost: d\r\n${upgrade}Content-Length: 2\r\n\r\n{}`);
        expect(await client.whole()).toMatch(/^HTTP\/1.1 404 Not Found\r\n[^]*\r\n\r\nno$/);
      },
    ));

  test("is closed when the handler fails", () =>
    withServer(
      async () => ({ status: 200, headers: {}, hijack: () => Promise.reject(new Error("broken")) }),
      async (client) => {
        client.send(`POST /x HTTP/1.1\r\nHost: d\r\n${upgrade}\r\n`);
        expect(await client.whole()).toMatch(/^HTTP\/1.1 101 UPGRADED\r\n/);
      },
    ));

  test("passes backpressure on: a client that does not read stops the writer", () =>
    withServer(
      async () => ({
        status: 200,
        headers: {},
        hijack: async (stream) => {
          let written = 0;
          while (stream.write(Buffer.alloc(65536)) && written < 1000) written += 1;
          stream.destroy(written < 1000 ? undefined : new Error("never full"));
          stopped.resolve(written);
        },
      }),
      async (client) => {
        client.socket.pause();
        client.send(`POST /x HTTP/1.1\r\nHost: d\r\n${upgrade}\r\n`);
        expect(await stopped.promise).toBeLessThan(1000);
      },
    ));
});

const stopped = Promise.withResolvers<number>();

async function* chunks(...texts: string[]): AsyncIterable<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}
