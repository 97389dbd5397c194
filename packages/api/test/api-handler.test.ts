import { EngineError, type ErrorCode } from "@gantry/core";
import { describe, expect, it } from "vitest";

import { ApiClient } from "./api-client.ts";
import { containersOf, image, info, record } from "./records.ts";

const engine = { info: async () => info, containers: containersOf(record()) };

describe("every answer", () => {
  it.each(["/_ping", "/v1.41/info", "/nothing", "/v1.23/info"])("tells the API's version: %s", async (path) => {
    expect((await new ApiClient(engine).ask("GET", path)).headers).toMatchObject({
      "api-version": "1.50",
      "docker-experimental": "false",
      ostype: "linux",
      server: "Gantry/1.2.3 (linux)",
    });
  });
});

describe("ping", () => {
  it("is OK to GET, and the same without it to HEAD", async () => {
    const get = await new ApiClient(engine).ask("GET", "/_ping");
    const head = await new ApiClient(engine).ask("HEAD", "/_ping");
    expect([get.status, get.text, head.status, head.text]).toEqual([200, "OK", 200, ""]);
    expect(head.headers).toEqual({ ...get.headers, "content-length": "0" });
    expect(get.headers).toMatchObject({ "cache-control": "no-cache, no-store, must-revalidate", pragma: "no-cache" });
  });
});

describe("versions", () => {
  it("too old and too new ones are refused in Docker's words", async () => {
    const client = new ApiClient(engine);
    expect(await client.ask("GET", "/v1.99/info")).toMatchObject({
      status: 400,
      json: { message: "client version 1.99 is too new. Maximum supported API version is 1.50" },
    });
    const old = await client.ask("GET", "/v1.11/info");
    expect(old).toMatchObject({ status: 400, headers: { "content-type": "text/plain; charset=utf-8" } });
    expect(old.text).toBe(
      "client version 1.11 is too old. Minimum supported API version is 1.24, " +
        "please upgrade your client to a newer version\n",
    );
    expect((await client.ask("GET", "/v1.24/info")).status).toBe(200);
  });

  it("shape what has changed between them", async () => {
    const client = new ApiClient({ ...engine, images: { inspect: async () => image } });
    const inspected = async (version: string) => (await client.ask("GET", `/v${version}/images/x/json`)).json as object;
    expect(await inspected("1.43")).toMatchObject({ VirtualSize: 1_982_436, Container: "", ContainerConfig: {} });
    expect(Object.keys(await inspected("1.50"))).not.toContain("VirtualSize");
    expect(await inspected("1.49")).toMatchObject({ Config: { Hostname: "" } });
    expect(await inspected("1.50")).not.toMatchObject({ Config: { Hostname: "" } });
  });
});

describe("errors", () => {
  it.each<[ErrorCode, number]>([
    ["not-found", 404],
    ["invalid-argument", 400],
    ["conflict", 409],
    ["unauthorized", 401],
    ["forbidden", 403],
    ["unavailable", 503],
    ["unsupported", 501],
    ["internal", 500],
  ])("%s is status %i with a message", async (code, status) => {
    const failing = { info: () => Promise.reject(new EngineError(code, "it says so")) };
    expect(await new ApiClient(failing).ask("GET", "/info")).toMatchObject({
      status,
      text: '{"message":"it says so"}\n',
    });
  });

  it("not-modified has no body", async () => {
    const start = () => Promise.reject(new EngineError("not-modified", "it runs"));
    expect(await new ApiClient({ containers: { start } }).ask("POST", "/containers/a/start")).toMatchObject({
      status: 304,
      text: "",
    });
  });

  it("anything else is 500", async () => {
    const failing = { info: () => Promise.reject(new TypeError("a bug")) };
    expect(await new ApiClient(failing).ask("GET", "/info")).toMatchObject({ status: 500, json: { message: "a bug" } });
  });

  it("no such route is 404", async () => {
    for (const [method, path] of [
      ["GET", "/nothing"],
      ["PUT", "/info"],
      ["GET", "/"],
      ["GET", "/constructor"],
    ] as const) {
      expect(await new ApiClient(engine).ask(method, path)).toMatchObject({
        status: 404,
        json: { message: "page not found" },
      });
    }
  });
});

describe("bodies", () => {
  const create = (body: unknown, headers = {}) =>
    new ApiClient(engine).ask("POST", "/containers/create", { body, headers });

  it.each([
    [Buffer.from("{"), "invalid JSON"],
    [Buffer.from("[]"), "must be an object"],
    [Buffer.alloc(9_000_000, 32), "too long"],
    [{ Cmd: 1 }, "Cmd"],
    [{ HostConfig: { Memory: "much" } }, "HostConfig.Memory"],
    [{ HostConfig: { Mounts: [{ Type: "bind", Target: 1 }] } }, "HostConfig.Mounts[0].Target"],
    [undefined, "config cannot be empty"],
  ])("are refused by name (%#)", async (body, text) => {
    const { status, json } = await create(body);
    expect([status, (json as { message: string }).message]).toEqual([400, expect.stringContaining(text)]);
  });

  it("must be JSON", async () => {
    expect(await create({ Image: "a" }, { "content-type": "text/plain" })).toMatchObject({
      status: 400,
      json: { message: "unsupported Content-Type header (text/plain): must be 'application/json'" },
    });
  });
});

describe("parts that there are none of", () => {
  it.each([
    ["GET", "/swarm", 503],
    ["POST", "/swarm/init", 503],
    ["GET", "/services", 503],
    ["DELETE", "/nodes/x", 503],
    ["GET", "/secrets", 503],
    ["POST", "/build", 501],
    ["POST", "/session", 501],
    ["POST", "/images/a/b/push", 501],
    ["POST", "/auth", 501],
    ["POST", "/networks/create", 501],
    ["GET", "/containers/a/attach/ws", 501],
    ["GET", "/plugins/x/json", 404],
    ["GET", "/networks/bridge", 404],
    ["DELETE", "/networks/host", 403],
  ])("%s %s is %i, in one line", async (method, path, status) => {
    const answer = await new ApiClient(engine).ask(method, path);
    expect(answer.status).toBe(status);
    expect((answer.json as { message: string }).message).toMatch(/^[^\n]+$/);
  });

  it("have empty lists where clients ask in passing", async () => {
    const client = new ApiClient(engine);
    expect((await client.ask("GET", "/plugins")).json).toEqual([]);
    expect((await client.ask("POST", "/networks/prune")).json).toEqual({ NetworksDeleted: null });
    expect((await client.ask("POST", "/build/prune")).json).toEqual({ CachesDeleted: null, SpaceReclaimed: 0 });
  });
});

describe("networks", () => {
  it("are none and host, found by name, id and filter", async () => {
    const client = new ApiClient(engine);
    const list = (await client.ask("GET", "/networks")).json as { Name: string; Id: string }[];
    expect(list.map(({ Name }) => Name)).toEqual(["host", "none"]);
    const byId = await client.ask("GET", `/networks/${list[1]!.Id.slice(0, 12)}`);
    expect(byId.json).toMatchObject({
      Name: "none",
      Driver: "null",
      Containers: { [record().id]: { Name: "example" } },
    });
    const filters = encodeURIComponent(JSON.stringify({ driver: { null: true } }));
    expect((await client.ask("GET", `/networks?filters=${filters}`)).json).toMatchObject([{ Name: "none" }]);
    expect((await client.ask("GET", "/networks?filters={%22x%22:[%22y%22]}")).status).toBe(400);
  });
});
