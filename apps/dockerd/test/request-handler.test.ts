import { EngineError, type TransportRequest } from "@gantry/core";
import type { Engine, EngineInfo } from "@gantry/engine";
import { expect, it } from "vitest";

import { requestHandler } from "../src/request-handler.ts";

const info: EngineInfo = {
  version: "1.2.3",
  containers: { total: 3, running: 1, paused: 1, stopped: 1 },
  images: 2,
  storageDriver: "overlay",
  isolationBackend: "native",
  limiter: { name: "cgroup", version: 2 },
  dataRoot: "/data",
  warnings: ["w"],
};

async function ask(method: string, path: string, engine: Partial<Engine> = { info: async () => info }) {
  const request = { method, path, headers: {}, signal: new AbortController().signal } as TransportRequest;
  const { status, headers, body } = await requestHandler(engine as Engine)(request);
  let text = "";
  for await (const chunk of body ?? []) text += new TextDecoder().decode(chunk);
  return { status, headers, text };
}

it("answers a ping, also without a body", async () => {
  expect(await ask("GET", "/_ping")).toMatchObject({ status: 200, text: "OK", headers: { ostype: "linux" } });
  expect(await ask("HEAD", "/_ping?x=1")).toMatchObject({ status: 200, text: "" });
});

it("tells version and state", async () => {
  expect(JSON.parse((await ask("GET", "/version")).text)).toMatchObject({ Version: "1.2.3", Os: "linux" });
  expect(JSON.parse((await ask("GET", "/info")).text)).toMatchObject({
    Containers: 3,
    ContainersRunning: 1,
    Driver: "overlay",
    CgroupVersion: "2",
    DockerRootDir: "/data",
    Warnings: ["w"],
  });
});

it.each([
  ["GET", "/"],
  ["POST", "/_ping"],
  ["GET", "/v1.49/containers/json"],
  ["GET", "/constructor"],
])("does not find %s %s", async (method, path) => {
  expect(await ask(method, path)).toMatchObject({ status: 404, text: '{"message":"page not found"}\n' });
});

it("tells the engine's errors", async () => {
  const failing = (error: Error) =>
    ask("GET", "/info", {
      info: async () => {
        throw error;
      },
    });
  expect(await failing(new EngineError("unavailable", "later"))).toMatchObject({
    status: 503,
    text: '{"message":"later"}\n',
  });
  expect(await failing(new Error("broken"))).toMatchObject({ status: 500, text: '{"message":"broken"}\n' });
});
