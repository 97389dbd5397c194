import { connect } from "node:net";

import { collectBytes, expectError, transportContract } from "@gantry/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { HttpTransport, httpTransport } from "../src/index.ts";
import { type Certificates, canMakeCertificates, makeCertificates } from "./certificates.ts";

const name = canMakeCertificates ? "TLS" : "TLS (skipped: no openssl to make certificates with)";
const now = { signal: AbortSignal.abort() };

describe.skipIf(!canMakeCertificates)(name, () => {
  let certificates: Certificates;
  beforeAll(() => {
    certificates = makeCertificates();
  });
  afterAll(() => certificates[Symbol.dispose]());

  const greeting = async () => ({ status: 200, headers: {}, body: greet() });
  async function* greet() {
    yield Buffer.from("hello");
  }

  transportContract("http on TLS with clients verified", {
    // One side's files do for both, as the authority has signed them.
    plugins: () => [httpTransport({ tls: certificates.server })],
    address: () => "tcp://127.0.0.1:0",
    // Node does not tell TLS's own end of a direction from the end of the connection beneath.
    lacks: ["loss"],
  });

  async function ask(client: HttpTransport, server: HttpTransport): Promise<string> {
    const listener = await server.listen("tcp://127.0.0.1:0", greeting);
    try {
      const connection = await client.dial(listener.address);
      try {
        const { body } = await connection.request({ method: "GET", path: "/" });
        return Buffer.from(await collectBytes(body)).toString();
      } finally {
        await connection.close();
      }
    } finally {
      await listener.close(now);
    }
  }

  test("a client with the authority's signature is served", async () => {
    const server = new HttpTransport({ tls: certificates.server });
    expect(await ask(new HttpTransport({ tls: certificates.client }), server)).toBe("hello");
  });

  test("a client without a certificate, with another authority's, or without TLS is not", async () => {
    const server = new HttpTransport({ tls: certificates.server });
    const { ca } = certificates.client;
    for (const tls of [{ ca, verify: true }, certificates.stranger]) {
      await expectError("unavailable", () => ask(new HttpTransport({ tls }), server));
    }
    await expectError("unavailable", () => ask(new HttpTransport(), server));
  });

  test("a server that does not verify takes any client, who still checks the server", async () => {
    const server = new HttpTransport({ tls: { ...certificates.server, verify: false } });
    const { ca } = certificates.client;
    expect(await ask(new HttpTransport({ tls: { ca, verify: true } }), server)).toBe("hello");
    const blind = new HttpTransport({ tls: { verify: true } });
    const error = await expectError("unavailable", () => ask(blind, server));
    expect(error.message).toMatch(/certificate/);
  });

  test("clients that hang in the handshake do not keep a listener open", async () => {
    const listener = await new HttpTransport({ tls: certificates.server }).listen("tcp://127.0.0.1:0", greeting);
    const socket = connect(Number(listener.address.split(":").at(-1)), "127.0.0.1");
    socket.on("error", () => {});
    await new Promise((resolve) => socket.once("connect", resolve));
    await listener.close(now);
    expect(socket.destroy().destroyed).toBe(true);
  });

  test("opens TCP to other machines", async () => {
    const listener = await new HttpTransport({ tls: certificates.server }).listen("tcp://0.0.0.0:0", greeting);
    expect(listener.address).toMatch(/^tcp:\/\/0\.0\.0\.0:\d+$/);
    await listener.close(now);
  });

  test("names the option that is missing, or whose file cannot be read", async () => {
    const listen = (tls: object) => () => new HttpTransport({ tls }).listen("tcp://127.0.0.1:0", greeting);
    const { cert, key } = certificates.server;
    expect((await expectError("invalid-argument", listen({}))).message).toContain("tls.cert");
    expect((await expectError("invalid-argument", listen({ cert, key, verify: true }))).message).toContain("tls.ca");
    const missing = await expectError("invalid-argument", listen({ cert: "/nonexistent", key }));
    expect(missing.message).toContain("tls.cert /nonexistent");
    expect(missing.message).not.toContain("\n");
    const broken = cert!.replace("server.pem", "broken.pem");
    expect((await expectError("invalid-argument", listen({ cert: broken, key }))).message).toContain("tls");
  });
});
