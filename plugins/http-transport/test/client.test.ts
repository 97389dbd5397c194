import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type Socket, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { EngineError } from "@gantry/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { dialHttp } from "../src/index.ts";

type Answer = (socket: Socket, request: string) => void;

let directory: string;
let close: () => Promise<void>;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "gantry-http-"));
});
afterEach(async () => {
  await close();
  rmSync(directory, { recursive: true });
});

/** A server that answers each request on a connection by hand, once its head is there. */
async function serve(answer: Answer): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    let received = "";
    socket.on("data", (chunk) => {
      received += chunk.toString();
      if (!received.includes("\r\n\r\n")) return;
      answer(socket, received);
      received = "";
    });
  });
  const path = join(directory, "socket");
  server.listen(path);
  await once(server, "listening");
  close = async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  };
  return `unix://${path}`;
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  let text = "";
  for await (const chunk of body) text += Buffer.from(chunk).toString();
  return text;
}

/** What a client makes of an answer that arrives in pieces of so many bytes. */
async function received(answer: string, size = answer.length, method = "GET") {
  const address = await serve((socket) => {
    for (let at = 0; at < answer.length; at += size) socket.write(answer.slice(at, at + size));
    socket.end();
  });
  const connection = await dialHttp(address);
  try {
    const response = await connection.request({ method, path: "/" });
    return { status: response.status, headers: response.headers, text: await textOf(response.body) };
  } finally {
    await connection.close();
  }
}

describe("a response", () => {
  const chunked =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nX-A: 1\r\nx-a: 2\r\n\r\n5;note=x\r\nhello\r\nA \r\n, chunks\r\n\r\n0\r\nTrailer: x\r\n\r\n";

  test.each([1, 3, 1000])("in chunks is read from pieces of %i bytes", async (size) => {
    expect(await received(chunked, size)).toEqual({
      status: 200,
      headers: { "transfer-encoding": "Chunked", "x-a": "1, 2" },
      text: "hello, chunks\r\n",
    });
  });

  test.each([
    ["of a length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello and more"],
    ["to the end of the connection", "HTTP/1.0 200 OK\r\n\r\nhello"],
    [
      "after others that only announce it",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200\r\n\r\nhello",
    ],
  ])("%s is read", async (_, answer) => {
    expect(await received(answer, 4)).toMatchObject({ status: 200, text: "hello" });
  });

  test("to HEAD has a length and no body", async () => {
    const answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    expect(await received(answer, 5, "HEAD")).toMatchObject({ headers: { "content-length": "5" }, text: "" });
  });

  test.each([
    ["", "closed"],
    ["HTTP/1.1 200 OK\r\nX:", "closed"],
    ["HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", "closed"],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", "closed"],
  ])("that is cut off is an error: %j", async (answer, words) => {
    await expect(received(answer)).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining(words),
    });
  });

  test.each([
    "SSH-2.0-OpenSSH\r\n\r\n",
    "HTTP/1.1 200 OK\r\nno header\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n",
    `HTTP/1.1 200 OK\r\nX: ${"x".repeat(1024 * 1024)}`,
  ])("that is no HTTP is an error", async (answer) => {
    await expect(received(answer)).rejects.toMatchObject({ code: "internal" });
  });
});

describe("sockets", () => {
  const hello = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

  test("are used again one request after another, and not after `Connection: close` or a body left early", async () => {
    const sockets = new Set<Socket>();
    const address = await serve((socket, request) => {
      sockets.add(socket);
      if (request.includes("/close")) socket.write(hello.replace("\r\n", "\r\nConnection: close\r\n"));
      else if (request.includes("/long")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\nhi");
      else socket.write(hello);
    });
    const connection = await dialHttp(address);
    const get = (path: string) => connection.request({ method: "GET", path });
    const counts: number[] = [];
    for (const path of ["/1", "/2", "/close", "/3", "/4"]) {
      expect(await textOf((await get(path)).body)).toBe("hi");
      counts.push(sockets.size);
    }
    for await (const chunk of (await get("/long")).body) {
      expect(Buffer.from(chunk).toString()).toBe("hi");
      break;
    }
    await textOf((await get("/5")).body);
    counts.push(sockets.size);
    expect(counts).toEqual([1, 1, 1, 2, 2, 3]);
    await connection.close();
  });

  /** A server that answers the first request of a connection and drops it at the second. */
  async function forgetful(): Promise<{ address: string; seen: string[] }> {
    const seen: string[] = [];
    const used = new WeakSet<Socket>();
    const address = await serve((socket, request) => {
      seen.push(request.split(" HTTP")[0]!);
      if (used.has(socket)) return void socket.destroy();
      used.add(socket);
      socket.write(hello);
    });
    return { address, seen };
  }

  test("that the server drops are replaced for a question", async () => {
    const { address, seen } = await forgetful();
    const connection = await dialHttp(address);
    for (const path of ["/1", "/2"]) {
      expect(await textOf((await connection.request({ method: "GET", path })).body)).toBe("hi");
    }
    expect(seen).toEqual(["GET /1", "GET /2", "GET /2"]);
    await connection.close();
  });

  test("that the server drops fail what changes something, which may have happened", async () => {
    const { address, seen } = await forgetful();
    const connection = await dialHttp(address);
    await textOf((await connection.request({ method: "GET", path: "/1" })).body);
    await expect(connection.request({ method: "POST", path: "/2" })).rejects.toMatchObject({ code: "unavailable" });
    expect(seen).toEqual(["GET /1", "POST /2"]);
    await connection.close();
  });
});

test.each([
  { method: "GET", path: "/a b" },
  { method: "GET", path: "/a\r\nX: y" },
  { method: "GET", path: "/", headers: { "x-a": "1\r\nX-B: 2" } },
  { method: "GET", path: "/", headers: { "x a:": "1", "": "2" } },
])("a request that would be another one is refused: %j", async (request) => {
  const seen: string[] = [];
  const address = await serve((_socket, text) => void seen.push(text));
  const connection = await dialHttp(address);
  await expect(connection.request(request)).rejects.toThrow(EngineError);
  expect(seen).toEqual([]);
  await connection.close();
});
