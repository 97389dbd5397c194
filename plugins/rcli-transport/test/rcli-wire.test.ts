import { once } from "node:events";

import type { CommandHost, Listener, RequestHandler } from "@gantry/core";
import { collectBytes, expectError, randomContent, streamOf } from "@gantry/testkit";
import { afterEach, describe, expect, test } from "vitest";

import { RcliTransport, rcliHandler, runRcliClient } from "../src/index.ts";
import { argumentsOf } from "../src/wire/request-path.ts";
import { fakeEngine } from "./support/fake-engine.ts";
import { rawCall, rawConnect } from "./support/raw-client.ts";
import { seedHelp } from "./support/seed-help.ts";

let listener: Listener | undefined;
afterEach(() => listener?.close({ signal: AbortSignal.abort() }));

async function serve(handler: RequestHandler = rcliHandler(fakeEngine())): Promise<string> {
  listener = await new RcliTransport().listen("rcli://127.0.0.1:0", handler);
  return listener.address;
}

/** Tells the command line and the input that arrived. */
const tell: RequestHandler = async ({ path, body }) => {
  const input = (await collectBytes(body)).toString();
  return { status: 200, headers: {}, body: streamOf(Buffer.from(JSON.stringify([...argumentsOf(path), input]))) };
};

describe("on the wire", () => {
  test.each(['["help"]\n', "[]\n", '""\n', '["HELP"]\r\n'])("%j gives the list", async (line) => {
    expect(await rawCall(await serve(), line)).toBe(seedHelp);
  });

  test("words, input and their ends arrive as they were sent, in one packet or many", async () => {
    const address = await serve(tell);
    const argv = ["run", "", "a b", "ä\n\"'", "%41+&q=x"];
    expect(JSON.parse(await rawCall(address, `${JSON.stringify(argv)}\n`, "in\nput"))).toEqual([...argv, "in\nput"]);
    const socket = rawConnect(address);
    for (const byte of Buffer.from('["x"]\nyz')) {
      socket.write(Buffer.of(byte));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    socket.end();
    expect(JSON.parse((await collectBytes(socket)).toString())).toEqual(["x", "yz"]);
  });

  test("200,000 bytes of arguments arrive", async () => {
    const word = "x".repeat(200_000);
    expect(JSON.parse(await rawCall(await serve(tell), `["a","${word}"]\n`))).toEqual(["a", word, ""]);
  });

  test.each([
    ["no JSON", "help\n"],
    ["no array", '{"a":1}\n'],
    ["no strings", "[1]\n"],
    ["a line without end", '["help"]'],
    ["nothing", ""],
    ["a web page's request", 'POST /run?q=base HTTP/1.1\r\nHost: 127.0.0.1:4242\r\n\r\n["run"]\n'],
  ])("%s runs nothing", async (_, text) => {
    const engine = fakeEngine();
    const answer = await rawCall(await serve(rcliHandler(engine)), text);
    expect(answer).toBe("Error: the first line must be a JSON array of strings: the command line\n");
    expect(engine.calls).toEqual([]);
  });

  test("a line that does not end is not kept for ever", async () => {
    const socket = rawConnect(await serve());
    const answer = collectBytes(socket);
    socket.on("error", () => {});
    const chunk = "x".repeat(1024 * 1024);
    for (let sent = 0; sent < 9 && !socket.destroyed; sent += 1) if (!socket.write(chunk)) await once(socket, "drain");
    socket.end();
    expect((await answer).toString()).toContain("Error: ");
  });

  test("output that ends while input still comes arrives whole", async () => {
    const { bytes } = randomContent(1_000_000);
    const address = await serve(async () => ({ status: 200, headers: {}, body: streamOf(bytes) }));
    const socket = rawConnect(address);
    socket.write('["x"]\n');
    socket.write(Buffer.alloc(300_000));
    const answer = await collectBytes(socket);
    socket.end();
    expect(answer.equals(bytes)).toBe(true);
  });

  test("a client that goes away from a command that only waits is noticed", async () => {
    const [begun, gone] = [Promise.withResolvers<void>(), Promise.withResolvers<boolean>()];
    const address = await serve(async ({ signal }) => {
      signal.addEventListener("abort", () => gone.resolve(true));
      begun.resolve();
      await gone.promise;
      return { status: 200, headers: {} };
    });
    const connection = await new RcliTransport().dial(address);
    const caller = new AbortController();
    // Its input stays open: after an end of it Node reads no more, and would hear of a reset at the next write only.
    const body = (async function* () {
      await gone.promise;
      yield* streamOf<Uint8Array>();
    })();
    await connection.request({ method: "POST", path: "/wait", body }, { signal: caller.signal });
    await begun.promise;
    caller.abort();
    expect(await gone.promise).toBe(true);
  });
});

describe("addresses", () => {
  test.each(["rcli://0.0.0.0:0", "rcli://[::]:0", "rcli://192.0.2.1:0", "rcli://example.org:0"])(
    "%s is forbidden without allowRemote",
    async (address) => {
      await expectError("forbidden", () => new RcliTransport().listen(address, tell));
    },
  );

  test("allowRemote opens them", async () => {
    listener = await new RcliTransport({ allowRemote: true }).listen("rcli://0.0.0.0:0", tell);
    expect(listener.address).toMatch(/^rcli:\/\/0\.0\.0\.0:[1-9]\d*$/);
  });

  test.each(["rcli://", "rcli://127.0.0.1:99999", "rcli://127.0.0.1/x", "rcli://a@b:1", "tcp://127.0.0.1:1"])(
    "%s is malformed",
    async (address) => {
      await expectError("invalid-argument", () => new RcliTransport().listen(address, tell));
    },
  );
});

describe("the client", () => {
  function host(input: readonly string[], environment: Record<string, string> = {}, isTerminal = false) {
    const seen = { stdout: "", stderr: "", raw: [] as boolean[] };
    const fake = {
      environment,
      stdin: {
        isTerminal,
        setRaw: (raw: boolean) => void seen.raw.push(raw),
        async *chunks(signal: AbortSignal) {
          for (const piece of input) yield Buffer.from(piece);
          if (isTerminal) await once(signal, "abort");
        },
      },
      stdout: { write: async (data: string | Uint8Array) => void (seen.stdout += Buffer.from(data).toString()) },
      stderr: { write: async (data: string | Uint8Array) => void (seen.stderr += Buffer.from(data).toString()) },
    };
    return { seen, host: fake as unknown as CommandHost };
  }

  test("sends its words and its input, prints the answer, exits with 0", async () => {
    const server = (await serve()).replace("rcli://", "");
    const { seen, host: world } = host(["in", "put"]);
    expect(await runRcliClient(new RcliTransport(), server, ["mirror"], world)).toBe(0);
    expect(seen).toEqual({ stdout: "input", stderr: "", raw: [] });
  });

  test("a terminal is raw meanwhile, unless NORAW says no, and does not keep the client", async () => {
    const server = (await serve()).replace("rcli://", "");
    const raw = host([], {}, true);
    expect(await runRcliClient(new RcliTransport(), server, [], raw.host)).toBe(0);
    expect(raw.seen).toEqual({ stdout: seedHelp, stderr: "", raw: [true, false] });
    const cooked = host([], { NORAW: "1" }, true);
    expect(await runRcliClient(new RcliTransport(), server, ["info"], cooked.host)).toBe(0);
    expect(cooked.seen.raw).toEqual([]);
  });

  test.each(["127.0.0.1:1", "nonsense:port", "a b"])(
    "%s cannot be reached: the sentence of 2013, 1",
    async (server) => {
      const { seen, host: world } = host([]);
      expect(await runRcliClient(new RcliTransport(), server, ["ps"], world)).toBe(1);
      expect(seen.stderr).toBe(
        "Can't connect. Please set environment variable DOCKER to ip:port, eg. 'localhost:4242'.\n",
      );
    },
  );

  test("a connection that is lost is no success", async () => {
    const server = await serve(async () => ({
      status: 200,
      headers: {},
      body: (async function* () {
        yield Buffer.from("some");
        throw new Error("the disk is gone");
      })(),
    }));
    const { seen, host: world } = host([]);
    expect(await runRcliClient(new RcliTransport(), server.replace("rcli://", ""), ["x"], world)).toBe(1);
    expect(seen.stderr).toMatch(/^Error: cannot reach rcli:/);
  });
});
