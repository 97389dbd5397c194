import type { RequestHandler } from "@gantry/core";
import { describe, expect, it, vi } from "vitest";

import { InProcessConnection, RemoteEngine } from "../src/index.ts";
import { all, chunks, frame, hijacked, json, textOf } from "./scripted-server.ts";

const ping = { status: 200, headers: { "API-Version": "1.50" } };

function handlerOf(handler: RequestHandler): RequestHandler {
  return async (request) => (request.path === "/_ping" ? ping : handler(request));
}

describe("an engine in this process", () => {
  it("answers as one behind a socket", async () => {
    const plugins = [{ name: "p", status: "active", provides: ["x"] }];
    const engine = await RemoteEngine.connect(
      new InProcessConnection(
        handlerOf(async ({ path, headers, body }) => {
          if (path.endsWith("/gantry/plugins")) return json(plugins);
          return json({ Id: `${headers["content-type"]} ${await textOf(body)}` }, 201);
        }),
      ),
    );
    expect(await engine.plugins()).toEqual(plugins);
    const { id } = await engine.containers.create({ config: { image: "x" } });
    expect(id).toBe('application/json {"Image":"x","HostConfig":{}}');
    await engine.close();
    await expect(engine.info()).rejects.toMatchObject({ code: "unavailable" });
  });

  it("has streams", async () => {
    let received = "";
    const answer = hijacked((stream) => {
      stream.on("data", (chunk: Buffer) => (received += chunk.toString()));
      stream.on("end", () => stream.end(frame(1, "out")));
    });
    const engine = await RemoteEngine.connect(
      new InProcessConnection(
        handlerOf(async ({ headers }) => {
          expect(headers).toMatchObject({ connection: "Upgrade", upgrade: "tcp" });
          return answer;
        }),
      ),
    );
    const attachment = await engine.containers.attach("x");
    await attachment.writeStdin(Buffer.from("in"));
    await attachment.closeStdin();
    expect((await all(attachment.output)).map(({ data }) => data.toString())).toEqual(["out"]);
    expect(received).toBe("in");
  });

  it("is told when its client goes away", async () => {
    const gone: string[] = [];
    const engine = await RemoteEngine.connect(
      new InProcessConnection(
        handlerOf(async ({ path, signal }) => {
          signal.addEventListener("abort", () => gone.push(path.split("/").at(-1)!.split("?")[0]!));
          if (path.includes("attach")) return hijacked((stream) => void stream.resume());
          const body = path.includes("export") ? chunks("a", "b") : never();
          return { status: 200, headers: {}, body };
        }),
      ),
    );
    for await (const chunk of engine.containers.export("x")) {
      expect(chunk.toString()).toBe("97");
      break;
    }
    await (await engine.containers.attach("x")).close();
    const controller = new AbortController();
    const waited = engine.containers.wait("x", "not-running", { signal: controller.signal });
    setTimeout(() => controller.abort(new Error("enough")), 5);
    await expect(waited).rejects.toThrow("enough");
    await vi.waitFor(() => expect(gone).toEqual(["export", "attach", "wait"]));
  });

  it("that fails gives an error as a server does", async () => {
    const broken = handlerOf(async () => {
      throw new Error("broken");
    });
    const engine = await RemoteEngine.connect(new InProcessConnection(broken));
    await expect(engine.info()).rejects.toMatchObject({ code: "internal", message: "broken" });
  });

  it("of another make tells no plugins", async () => {
    const engine = await RemoteEngine.connect(
      new InProcessConnection(handlerOf(async () => json({ message: "page not found" }, 404))),
    );
    expect(await engine.plugins()).toEqual([]);
  });
});

async function* never(): AsyncGenerator<Uint8Array> {
  await new Promise(() => {});
  yield Buffer.alloc(0);
}
