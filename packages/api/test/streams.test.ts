import { once } from "node:events";

import { EngineError, type LogEntry } from "@gantry/core";
import type { Attachment, EngineEvent, ExecState } from "@gantry/engine";
import { collectBytes } from "@gantry/testkit";
import { describe, expect, it } from "vitest";

import { ApiClient } from "./api-client.ts";
import { containerId, containersOf, info, record } from "./records.ts";

const out = (text: string, stream: LogEntry["stream"] = "stdout"): LogEntry => ({
  stream,
  data: Buffer.from(text),
  time: 1_795_486_673_527_163_717n,
});
const framed = (stream: number, text: string): string =>
  Buffer.concat([Buffer.from([stream, 0, 0, 0, 0, 0, 0, text.length]), Buffer.from(text)]).toString("latin1");

/** An attachment whose output goes on until it is closed, and which notes what it is given. */
class ScriptedAttachment implements Attachment {
  readonly given: string[] = [];
  readonly #closed = Promise.withResolvers<void>();

  constructor(
    readonly terminal: boolean,
    readonly entries: readonly LogEntry[] = [],
    /** Ends by itself once the standard input ends. */
    readonly endsWithStdin = false,
  ) {}

  get output(): AsyncIterable<LogEntry> {
    return this.#read();
  }

  async *#read(): AsyncGenerator<LogEntry> {
    yield* this.entries;
    await this.#closed.promise;
  }

  async writeStdin(data: Uint8Array): Promise<void> {
    this.given.push(Buffer.from(data).toString());
  }

  async closeStdin(): Promise<void> {
    this.given.push("<end>");
    if (this.endsWithStdin) this.#closed.resolve();
  }

  async close(): Promise<void> {
    this.given.push("<close>");
    this.#closed.resolve();
  }
}

function attachable(attachment: Attachment, change: Partial<ReturnType<typeof record>["config"]> = {}): ApiClient {
  const config = { ...record().config, openStdin: true, terminal: attachment.terminal, ...change };
  return new ApiClient({
    info: async () => info,
    containers: { ...containersOf(record({ config })), attach: async () => attachment },
  });
}
const all = "stream=1&stdin=1&stdout=1&stderr=1";

describe("attach", () => {
  it("frames output by stream and passes the standard input as it is", async () => {
    const attachment = new ScriptedAttachment(false, [out("o\n"), out("e\n", "stderr")], true);
    const { stream, headers, over } = await attachable(attachment).hijack(`/containers/example/attach?${all}`);
    expect(headers["content-type"]).toBe("application/vnd.docker.multiplexed-stream");
    stream.write("typed");
    stream.end();
    expect((await collectBytes(stream)).toString("latin1")).toBe(framed(1, "o\n") + framed(2, "e\n"));
    await over;
    expect(attachment.given.slice(0, 2)).toEqual(["typed", "<end>"]);
  });

  it("of a terminal is raw", async () => {
    const attachment = new ScriptedAttachment(true, [out("o\r\n")], true);
    const { stream, headers } = await attachable(attachment).hijack(`/containers/example/attach?${all}`);
    expect(headers["content-type"]).toBe("application/vnd.docker.raw-stream");
    stream.end();
    expect((await collectBytes(stream)).toString()).toBe("o\r\n");
  });

  it.each([
    ["/v1.41", { upgrade: "tcp" }],
    ["/v1.50", {}],
  ])("is told as raw to clients of %s with %j, framed all the same", async (version, headers) => {
    const client = attachable(new ScriptedAttachment(false));
    const response = await client.send("POST", `${version}/containers/example/attach?${all}`, { headers });
    expect(response).toMatchObject({
      status: 200,
      headers: { "Content-Type": "application/vnd.docker.raw-stream" },
      hijack: expect.any(Function),
    });
  });

  it("gives only the streams that were asked for", async () => {
    const attachment = new ScriptedAttachment(false, [out("o"), out("e", "stderr")]);
    const { stream } = await attachable(attachment).hijack("/containers/example/attach?stream=1&stderr=1");
    const [first] = (await once(stream, "data")) as [Buffer];
    expect(first.toString("latin1")).toBe(framed(2, "e"));
    stream.write("not for the program");
    stream.destroy();
    await expect.poll(() => attachment.given).toContain("<close>");
    expect(attachment.given).not.toContain("not for the program");
  });

  it("closes the attachment when the client goes away", async () => {
    const attachment = new ScriptedAttachment(false);
    const { stream } = await attachable(attachment).hijack(`/containers/example/attach?${all}`);
    stream.on("error", () => {});
    stream.destroy();
    await expect.poll(() => attachment.given).toContain("<close>");
  });

  it("closes the attachment of a client that was gone before it was joined", async () => {
    const attachment = new ScriptedAttachment(false);
    const gone = new AbortController();
    await attachable(attachment).send("POST", `/containers/example/attach?${all}`, { signal: gone.signal });
    gone.abort();
    expect(attachment.given).toEqual(["<close>"]);
  });

  it("ends at the detach keys of a terminal, which the program does not see", async () => {
    const attachment = new ScriptedAttachment(true);
    const { stream, over } = await attachable(attachment).hijack(
      `/containers/example/attach?${all}&detachKeys=ctrl-a,b`,
    );
    stream.write("x\x01");
    stream.write("by");
    expect((await collectBytes(stream)).toString()).toBe("");
    stream.end();
    await over;
    expect(attachment.given.join("")).toMatch(/^x<close>(<close>)*$/);
  });

  it("lets what looks like detach keys pass where there is no terminal", async () => {
    const attachment = new ScriptedAttachment(false, [], true);
    const { stream, over } = await attachable(attachment).hijack(`/containers/example/attach?${all}`);
    stream.end("\x10\x11");
    await over;
    expect(attachment.given[0]).toBe("\x10\x11");
  });

  it("tells a failure on the way in the stream", async () => {
    const attachment = Object.assign(new ScriptedAttachment(false), {});
    Object.defineProperty(attachment, "output", {
      value: (async function* () {
        yield out("a");
        throw new EngineError("unavailable", "the disk is gone");
      })(),
    });
    const { stream } = await attachable(attachment).hijack(`/containers/example/attach?${all}`);
    expect((await collectBytes(stream)).toString("latin1")).toBe(framed(1, "a") + framed(3, "the disk is gone\r\n"));
  });

  it("is refused before the connection is taken over", async () => {
    const client = attachable(new ScriptedAttachment(false));
    expect((await client.ask("POST", `/containers/nobody/attach?${all}`)).status).toBe(404);
    expect((await client.ask("POST", `/containers/example/attach?${all}&detachKeys=nope`)).status).toBe(400);
    const paused = record({ state: { ...record().state, status: "paused" } });
    expect(
      await new ApiClient({ containers: containersOf(paused) }).ask("POST", `/containers/example/attach?${all}`),
    ).toMatchObject({
      status: 409,
      json: { message: `container ${containerId} is paused, unpause the container before attach` },
    });
  });

  it("without stream gives what was written, and ends", async () => {
    const logs = async function* () {
      yield out("earlier");
    };
    const client = new ApiClient({ containers: { ...containersOf(record()), logs } });
    const { stream } = await client.hijack("/containers/example/attach?logs=1&stdout=1");
    expect((await collectBytes(stream)).toString("latin1")).toBe(framed(1, "earlier"));
  });
});

describe("exec", () => {
  const state: ExecState = {
    id: "e",
    containerId,
    command: ["sh", "-c", "true"],
    running: false,
    pid: 0,
    attachStdout: true,
    openStdin: true,
  };

  it("joins the streams that its creation named", async () => {
    const attachment = new ScriptedAttachment(false, [out("o"), out("e", "stderr")], true);
    const client = new ApiClient({ execs: { inspect: async () => state, start: async () => attachment } });
    const { stream, over } = await client.hijack("/exec/e/start", { body: { Detach: false, Tty: false } });
    stream.end("typed");
    expect((await collectBytes(stream)).toString("latin1")).toBe(framed(1, "o"));
    await over;
    expect(attachment.given).toContain("typed");
  });

  it("tells a failed start in the stream, where a client shows it", async () => {
    const start = async () => Promise.reject(new EngineError("invalid-argument", "no such program"));
    const client = new ApiClient({ execs: { inspect: async () => state, start } });
    const { stream } = await client.hijack("/exec/e/start", { body: {} });
    expect((await collectBytes(stream)).toString("latin1")).toBe(framed(1, "no such program\r\n"));
  });

  it("that was started before, or does not exist, is refused", async () => {
    const start = async () => Promise.reject(new EngineError("conflict", "it has run"));
    const ran = new ApiClient({ execs: { inspect: async () => ({ ...state, exitCode: 0 }), start } });
    expect((await ran.ask("POST", "/exec/e/start", { body: {} })).status).toBe(409);
    const inspect = async () => Promise.reject(new EngineError("not-found", "No such exec instance: e"));
    expect((await new ApiClient({ execs: { inspect } }).ask("POST", "/exec/e/start", { body: {} })).status).toBe(404);
  });

  it("in the background answers when it is started", async () => {
    const attachment = new ScriptedAttachment(false);
    const client = new ApiClient({ execs: { inspect: async () => state, start: async () => attachment } });
    const answer = await client.ask("POST", "/exec/e/start", { body: { Detach: true } });
    expect([answer.status, answer.text, attachment.given]).toEqual([200, "", ["<close>"]]);
  });

  it("is created with a command only", async () => {
    const client = new ApiClient({ execs: { create: async () => ({ id: "e" }) } });
    expect(await client.ask("POST", "/containers/a/exec", { body: { Cmd: ["true"] } })).toMatchObject({
      status: 201,
      json: { Id: "e" },
    });
    expect(await client.ask("POST", "/containers/a/exec", { body: { Cmd: [] } })).toMatchObject({
      status: 400,
      json: { message: "No exec command specified" },
    });
    const body = { Cmd: ["true"], DetachKeys: "nope" };
    expect((await client.ask("POST", "/containers/a/exec", { body })).status).toBe(400);
  });
});

describe("logs", () => {
  const client = (entries: () => AsyncGenerator<LogEntry>, config = {}) => {
    const container = record({ config: { ...record().config, ...config } });
    return new ApiClient({ containers: { ...containersOf(container), logs: entries } });
  };
  const two = async function* () {
    yield out("o\n");
    yield out("e\n", "stderr");
  };

  it("are framed, with times where they are asked for", async () => {
    const answer = await client(two).ask("GET", "/containers/example/logs?stdout=1&stderr=1&timestamps=1");
    const time = "2026-11-24T02:17:53.527163717Z ";
    expect(answer.headers["content-type"]).toBe("application/vnd.docker.multiplexed-stream");
    expect(answer.text).toBe(framed(1, `${time}o\n`) + framed(2, `${time}e\n`));
  });

  it("of a terminal are raw", async () => {
    const answer = await client(two, { terminal: true }).ask("GET", "/containers/example/logs?stdout=1");
    expect([answer.headers["content-type"], answer.text]).toEqual(["application/vnd.docker.raw-stream", "o\ne\n"]);
  });

  it("pass on what part of them is wanted", async () => {
    const queries: unknown[] = [];
    const logs = (_: string, query?: object) => {
      queries.push({ ...query, signal: undefined });
      return two();
    };
    const asking = new ApiClient({ containers: { ...containersOf(record()), logs } });
    await asking.ask("GET", "/containers/example/logs?stdout=1&follow=1&tail=5&since=1.5&until=2");
    await asking.ask("GET", "/containers/example/logs?stderr=1&tail=all&since=0&until=0");
    expect(queries).toEqual([
      { stdout: true, stderr: false, follow: true, tail: 5, since: 1_500_000_000n, until: 2_000_000_000n },
      { stdout: false, stderr: true, follow: false },
    ]);
  });

  it("are refused without a stream, and where none are kept", async () => {
    expect(await client(two).ask("GET", "/containers/example/logs")).toMatchObject({
      status: 400,
      json: { message: "Bad parameters: you must choose at least one stream" },
    });
    const { hostConfig } = record();
    const none = record({ hostConfig: { ...hostConfig, logDriver: { name: "none", options: {} } } });
    const answer = await new ApiClient({ containers: containersOf(none) }).ask(
      "GET",
      "/containers/example/logs?stdout=1",
    );
    expect(answer.status).toBe(501);
  });

  it("tell a failure on the way in the stream", async () => {
    const broken = async function* () {
      yield out("o\n");
      throw new Error("no disk");
    };
    const answer = await client(broken).ask("GET", "/containers/example/logs?stdout=1");
    expect(answer.text).toBe(framed(1, "o\n") + framed(3, "Error grabbing logs: no disk\n"));
  });
});

describe("events", () => {
  const event: EngineEvent = {
    type: "container",
    action: "start",
    id: containerId,
    attributes: { name: "example", image: "example/bb:1" },
    time: 1_795_486_632_180_548_914n,
  };

  it("are told with all digits of their time, and for clients of old", async () => {
    const subscribe = async function* () {
      yield event;
    };
    const { text } = await new ApiClient({ events: { subscribe } }).ask("GET", "/events");
    expect(text).toBe(
      `{"status":"start","id":"${containerId}","from":"example/bb:1","Type":"container","Action":"start",` +
        `"Actor":{"ID":"${containerId}","Attributes":{"name":"example","image":"example/bb:1"}},"scope":"local",` +
        '"time":1795486632,"timeNano":1795486632180548914}\n',
    );
  });

  it("count from the request on, within its bounds and filters", async () => {
    const queries: object[] = [];
    const subscribe = (query: object = {}) => {
      queries.push({ ...query, signal: undefined });
      return (async function* () {})();
    };
    const client = new ApiClient({ events: { subscribe } });
    await client.send("GET", "/events?since=1&until=2.5&filters={%22type%22:{%22container%22:true}}");
    expect(queries).toEqual([{ since: 1_000_000_000n, until: 2_500_000_000n, filters: { type: ["container"] } }]);
    expect((await client.ask("GET", "/events?since=yesterday")).status).toBe(400);
  });
});
