import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { type IncomingHttpHeaders, request as httpRequest } from "node:http";
import { join } from "node:path";

import { type Listener, silentLogger } from "@gantry/core";
import { HttpTransport } from "@gantry/http-transport";
import { captureLogger, collectBytes, expectError, streamOf, temporaryDirectory } from "@gantry/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { WebTerminal, addressFileName, webTerminal } from "../src/index.ts";

let terminal: WebTerminal;
let listener: Listener;
let calls: string[];
let host: string;
let token: string;
beforeEach(async () => {
  calls = [];
  terminal = new WebTerminal({ carrier: new HttpTransport() });
  listener = await terminal.listen("web://127.0.0.1:0", async ({ method, path, body }) => {
    calls.push(`${method} ${path} ${(await collectBytes(body)).toString()}`);
    return { status: 200, headers: { "content-type": "text/plain" }, body: streamOf(Buffer.from("output")) };
  });
  const url = new URL(terminal.url!);
  host = url.host;
  token = url.searchParams.get("token")!;
});
afterEach(() => listener.close({ signal: AbortSignal.abort() }));

interface Answer {
  status: number | undefined;
  headers: IncomingHttpHeaders;
  text: string;
}

/** Sends exactly these headers; a value of `undefined` leaves one of the usual out. */
function send(method: string, path: string, headers: Record<string, string | undefined> = {}): Promise<Answer> {
  const all = { host, "docker-web-token": token, ...headers };
  const said = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  return new Promise((resolve, reject) => {
    const port = Number(new URL(terminal.url!).port);
    const call = httpRequest({ host: "127.0.0.1", port, method, path, headers: said as Record<string, string> });
    call.on("response", (response) => {
      collectBytes(response).then(
        (bytes) => resolve({ status: response.statusCode, headers: response.headers, text: bytes.toString() }),
        reject,
      );
    });
    call.on("error", reject).end();
  });
}

describe("a request", () => {
  test("with the token reaches the handler, with or without what a browser adds", async () => {
    expect(await send("POST", "/ps?q=-a")).toMatchObject({ status: 200, text: "output" });
    const browser = { origin: `http://${host}`, "sec-fetch-site": "same-origin" };
    expect((await send("POST", "/ps?q=-q", browser)).status).toBe(200);
    const named = host.replace("127.0.0.1", "localhost");
    expect((await send("POST", "/info", { host: named, origin: `http://${named}` })).status).toBe(200);
    expect(calls).toEqual(["POST /ps?q=-a ", "POST /ps?q=-q ", "POST /info "]);
  });

  test.each<[string, Record<string, string | undefined>]>([
    ["without a token", { "docker-web-token": undefined }],
    ["with an empty token", { "docker-web-token": "" }],
    ["with another token", { "docker-web-token": "x".repeat(43) }],
    ["with the token in a cookie only", { "docker-web-token": undefined, cookie: "docker-web-token=TOKEN" }],
    ["with another host", { host: "evil.example" }],
    [
      "with a host that resolves here (DNS rebinding)",
      { host: "evil.example:PORT", origin: "http://evil.example:PORT" },
    ],
    ["with another port in the host", { host: "127.0.0.1:1" }],
    ["with a host that says nothing", { host: "-" }],
    ["with another origin", { origin: "http://evil.example" }],
    ["with an origin that begins like ours", { origin: "http://HOST.evil.example" }],
    ["with the origin of another port", { origin: "http://127.0.0.1:1" }],
    ["with our origin by another scheme", { origin: "https://HOST" }],
    ["with no origin that could be told (sandboxed frame, file)", { origin: "null" }],
    ["from another site", { "sec-fetch-site": "cross-site" }],
    ["from another port of this machine", { "sec-fetch-site": "same-site" }],
    ["that a user typed as an address", { "sec-fetch-site": "none" }],
  ])("%s is refused, and what it asks for is not done", async (_, headers) => {
    const filled = Object.entries(headers).map(([name, value]) => [
      name,
      value
        ?.replace("HOST", host)
        .replace("PORT", new URL(`http://${host}`).port)
        .replace("TOKEN", token),
    ]);
    for (const method of ["POST", "GET", "DELETE", "OPTIONS"]) {
      const answer = await send(method, "/run?q=base&q=sh", Object.fromEntries(filled) as Record<string, string>);
      expect(answer.status).toBe(403);
      expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control-"))).toEqual([]);
    }
    expect(calls).toEqual([]);
  });

  test("with the token in its address only is refused", async () => {
    expect((await send("POST", `/ps?token=${token}`, { "docker-web-token": undefined })).status).toBe(403);
  });

  test("as a browser asks before one of another origin gets no permission", async () => {
    const answer = await send("OPTIONS", "/ps", {
      "docker-web-token": undefined,
      origin: "http://evil.example",
      "access-control-request-method": "POST",
      "access-control-request-headers": "docker-web-token",
    });
    expect(answer.status).toBe(403);
    expect(answer.headers).not.toHaveProperty("access-control-allow-origin");
  });

  test("for an upgrade is guarded as well", async () => {
    const upgrade = { connection: "Upgrade", upgrade: "tcp" };
    expect((await send("POST", "/ps", { ...upgrade, "docker-web-token": undefined })).status).toBe(403);
    expect(calls).toEqual([]);
  });
});

describe("the page", () => {
  test("is served without the token, which its user brings, and under a strict policy", async () => {
    const { status, headers, text } = await send("GET", "/web", {
      "docker-web-token": undefined,
      "sec-fetch-site": "none",
    });
    expect([status, text]).toEqual([200, terminal.page]);
    expect(text).toContain("Docker: a self-sufficient runtime for linux containers");
    expect(text).not.toContain(token);
    expect(headers).toMatchObject({
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "x-frame-options": "DENY",
      "cross-origin-resource-policy": "same-origin",
    });
    expect(headers["content-security-policy"]).toMatch(
      /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-/,
    );
    expect(headers).not.toHaveProperty("set-cookie");
  });

  test("names nothing outside of itself", () => {
    expect(terminal.page).not.toMatch(/https?:|src=|@import|innerHTML|eval\(/);
  });

  test.each<[string, Record<string, string>]>([
    ["by another site", { "sec-fetch-site": "cross-site" }],
    ["under another name", { host: "evil.example" }],
  ])("is not shown %s", async (_, headers) => {
    expect((await send("GET", "/web", headers)).status).toBe(403);
  });

  test("is not what POST /web asks for", async () => {
    expect((await send("POST", "/web", { "docker-web-token": undefined })).status).toBe(403);
    expect((await send("POST", "/web?q=-u")).text).toBe("output");
  });
});

describe("the listener", () => {
  test.each(["web://0.0.0.0:0", "web://[::]:0", "web://192.0.2.1:0", "web://example.org:0"])(
    "never listens at %s",
    async (address) => {
      await expectError("forbidden", () => terminal.listen(address, async () => ({ status: 200, headers: {} })));
    },
  );

  test("has another token each time, and no address once it is closed", async () => {
    await listener.close();
    expect(terminal.url).toBeUndefined();
    listener = await terminal.listen("web://127.0.0.1:0", async () => ({ status: 200, headers: {} }));
    expect(new URL(terminal.url!).searchParams.get("token")).not.toBe(token);
    expect(token).toMatch(/^[\w-]{43}$/);
  });

  test("is dialled from elsewhere by an address with its token", async () => {
    const other = new WebTerminal({ carrier: new HttpTransport() });
    await expectError("unauthorized", () => other.dial(listener.address));
    const connection = await other.dial(`${listener.address}?token=${token}`);
    expect((await connection.request({ method: "POST", path: "/ps" })).status).toBe(200);
    await connection.close();
  });

  test("tells its address to the log and, in a file of its own, to its user", async () => {
    await using directory = await temporaryDirectory();
    const execRoot = join(directory.path, "run");
    mkdirSync(execRoot);
    const file = join(execRoot, addressFileName);
    writeFileSync(file, "of an engine that was killed", { mode: 0o644 });
    const logger = captureLogger();
    const earlier = new WebTerminal({ carrier: new HttpTransport() }, logger, { dataRoot: execRoot, execRoot });
    earlier.start();
    expect(existsSync(file)).toBe(false);
    writeFileSync(file, "of an engine that was killed", { mode: 0o644 });
    const kept = new WebTerminal({ carrier: new HttpTransport() }, logger, { dataRoot: execRoot, execRoot });
    const served = await kept.listen("web://127.0.0.1:0", async () => ({ status: 200, headers: {} }));
    expect(readFileSync(file, "utf8")).toBe(`${kept.url}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(JSON.stringify(logger.lines)).not.toContain(new URL(kept.url!).searchParams.get("token"));
    await served.close();
    expect(existsSync(file)).toBe(false);
  });
});

test("needs something that carries it", () => {
  const { options } = webTerminal.definition;
  expect(options?.["~standard"].validate({ carrier: { schemes: ["rcli"] } })).toHaveProperty("issues");
  expect(options?.["~standard"].validate({ carrier: new HttpTransport() })).not.toHaveProperty("issues.0");
  expect(new WebTerminal({ carrier: new HttpTransport() }, silentLogger).url).toBeUndefined();
});
