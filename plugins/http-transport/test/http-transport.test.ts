import { createServer } from "node:net";
import { mkdir, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Listener, RequestHandler } from "@gantry/core";
import { collectBytes, expectError, temporaryDirectory } from "@gantry/testkit";
import { describe, expect, test } from "vitest";

import { HttpTransport } from "../src/index.ts";
import { RawClient } from "./raw-client.ts";

const ok: RequestHandler = async () => ({ status: 204, headers: {} });
const now = { signal: AbortSignal.abort() };

async function serving(
  address: (directory: string) => string,
  handler: RequestHandler,
  work: (listener: Listener, directory: string) => Promise<void>,
): Promise<void> {
  await using directory = await temporaryDirectory();
  const listener = await new HttpTransport().listen(address(directory.path), handler);
  try {
    await work(listener, directory.path);
  } finally {
    await listener.close(now);
  }
}
const unix = (directory: string): string => `unix://${join(directory, "s")}`;

describe("addresses", () => {
  test.each([
    "",
    "gantry.sock",
    "unix://",
    "unix://relative.sock",
    `unix:///${"x".repeat(107)}`,
    "http://127.0.0.1:1",
    "tcp://",
    "tcp://127.0.0.1:70000",
    "tcp://127.0.0.1:1/path",
    "tcp://127.0.0.1:1?query",
    "tcp://user@127.0.0.1:1",
    "fd://",
    "fd://stdin",
    "fd://-1",
  ])("%j is malformed", async (address) => {
    const transport = new HttpTransport();
    const error = await expectError("invalid-argument", () => transport.listen(address, ok));
    expect(error.message).toContain(JSON.stringify(address));
    await expectError("invalid-argument", () => transport.dial(address));
  });

  test.each(["tcp://0.0.0.0:0", "tcp://[::]:0", "tcp://192.0.2.1:0", "tcp://example.org:0"])(
    "%s is forbidden without allowInsecureTcp",
    async (address) => {
      await expectError("forbidden", () => new HttpTransport().listen(address, ok));
    },
  );

  test("allowInsecureTcp opens them", async () => {
    const listener = await new HttpTransport({ allowInsecureTcp: true }).listen("tcp://0.0.0.0:0", ok);
    expect(listener.address).toMatch(/^tcp:\/\/0\.0\.0\.0:[1-9]\d*$/);
    await listener.close(now);
  });

  test("a host that this machine does not have is refused", async () => {
    const transport = new HttpTransport({ allowInsecureTcp: true });
    const error = await expectError("invalid-argument", () => transport.listen("tcp://192.0.2.1:0", ok));
    expect(error.message).toContain("tcp://192.0.2.1:0");
  });
});

describe("descriptors", () => {
  test("one that is no listening socket is refused, and none is dialled", async () => {
    const error = await expectError("invalid-argument", () => new HttpTransport().listen("fd://0", ok));
    expect(error.message).toContain("fd://0");
    await expectError("invalid-argument", () => new HttpTransport().dial("fd://0"));
  });
});

describe("the socket's file", () => {
  test("belongs to the group of the options", async () => {
    await using directory = await temporaryDirectory();
    const group = process.getgroups!().at(-1)!;
    const listener = await new HttpTransport({ group }).listen(unix(directory.path), ok);
    const { gid, mode } = await stat(join(directory.path, "s"));
    await listener.close(now);
    expect([gid, mode & 0o777]).toEqual([group, 0o660]);
  });

  test("has mode 0660 and goes away with the listener", async () => {
    await serving(unix, ok, async (listener, directory) => {
      expect((await stat(join(directory, "s"))).mode & 0o777).toBe(0o660);
      await listener.close();
      await expect(stat(join(directory, "s"))).rejects.toMatchObject({ code: "ENOENT" });
    });
  });

  test("is made together with missing directories", () =>
    serving(
      (directory) => `unix://${directory}/a/b/s`,
      ok,
      async (listener) => {
        const connection = await new HttpTransport().dial(listener.address);
        expect((await connection.request({ method: "GET", path: "/" })).status).toBe(204);
        await connection.close();
      },
    ));

  test("is replaced when nobody listens on it any more", async () => {
    await using directory = await temporaryDirectory();
    const path = join(directory.path, "s");
    // A server that ends without unlinking, as after kill -9: the file is renamed away while it closes.
    const dead = createServer().listen(path);
    await new Promise((resolve) => dead.once("listening", resolve));
    await rename(path, `${path}.kept`);
    await new Promise((resolve) => dead.close(resolve));
    await rename(`${path}.kept`, path);
    const listener = await new HttpTransport().listen(`unix://${path}`, ok);
    expect(listener.address).toBe(`unix://${path}`);
    await listener.close(now);
  });

  test("is a conflict when somebody listens, who goes on undisturbed", () =>
    serving(unix, ok, async (listener) => {
      const error = await expectError("conflict", () => new HttpTransport().listen(listener.address, ok));
      expect(error.message).toContain(listener.address);
      const connection = await new HttpTransport().dial(listener.address);
      expect((await connection.request({ method: "GET", path: "/" })).status).toBe(204);
      await connection.close();
    }));

  test("is never put in the place of another file", async () => {
    await using directory = await temporaryDirectory();
    const path = join(directory.path, "s");
    await writeFile(path, "precious");
    await expectError("conflict", () => new HttpTransport().listen(`unix://${path}`, ok));
    await mkdir(`${path}.d`);
    await expectError("conflict", () => new HttpTransport().listen(`unix://${path}.d`, ok));
    expect((await stat(path)).size).toBe(8);
  });
});

describe("requests on the wire", () => {
  test("a pipelined second request is answered after a body that nobody read", () =>
    serving(
      unix,
      async ({ path }) => ({ status: 200, headers: { "content-length": "2" }, body: once(path) }),
      async (_, directory) => {
        using client = new RawClient(join(directory, "s"));
        const body = "x".repeat(200_000);
        client.send(`POST /1 HTTP/1.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
        client.send("GET /2 HTTP/1.1\r\nConnection: close\r\n\r\n");
        expect((await client.whole()).match(/\r\n\r\n\/\d/g)).toEqual(["\r\n\r\n/1", "\r\n\r\n/2"]);
      },
    ));

  test("what a handler throws becomes a 500 with its message", () =>
    serving(
      unix,
      () => Promise.reject(new Error('broken "thing"')),
      async (listener) => {
        const connection = await new HttpTransport().dial(listener.address);
        const { status, body } = await connection.request({ method: "GET", path: "/" });
        expect([status, JSON.parse((await collectBytes(body)).toString())]).toEqual([
          500,
          { message: 'broken "thing"' },
        ]);
        await connection.close();
      },
    ));

  test("a body that fails half way cuts the connection", () =>
    serving(
      unix,
      async () => ({
        status: 200,
        headers: {},
        body: (async function* () {
          yield Buffer.from("begun");
          throw new Error("broken");
        })(),
      }),
      async (listener) => {
        const connection = await new HttpTransport().dial(listener.address);
        const { body } = await connection.request({ method: "GET", path: "/" });
        await expectError("unavailable", () => collectBytes(body));
        await connection.close();
      },
    ));

  test("half a megabyte of headers is taken", () =>
    serving(
      unix,
      async ({ headers }) => ({ status: 200, headers: { "x-length": String(headers["x-auth"]?.length) } }),
      async (listener) => {
        const connection = await new HttpTransport().dial(listener.address);
        const headers = { "x-auth": "y".repeat(500_000) };
        expect((await connection.request({ method: "GET", path: "/", headers })).headers["x-length"]).toBe("500000");
        await connection.close();
      },
    ));

  test("HEAD gets the headers and no body", () =>
    serving(
      unix,
      async () => ({ status: 200, headers: { "content-length": "2" }, body: once("no") }),
      async (_, directory) => {
        using client = new RawClient(join(directory, "s"));
        client.send("HEAD /_ping HTTP/1.1\r\nConnection: close\r\n\r\n");
        expect(await client.whole()).toMatch(/^HTTP\/1.1 200 OK\r\ncontent-length: 2\r\n[^]*\r\n\r\n$/i);
      },
    ));
});

test("a connection to a server that has gone away is unavailable", async () => {
  await using directory = await temporaryDirectory();
  const listener = await new HttpTransport().listen(unix(directory.path), ok);
  const connection = await new HttpTransport().dial(listener.address);
  await connection.request({ method: "GET", path: "/" });
  await listener.close();
  await expectError("unavailable", () => connection.request({ method: "GET", path: "/" }));
  await connection.close();
  await expectError("unavailable", () => connection.request({ method: "GET", path: "/" }));
});

async function* once(text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text);
}
