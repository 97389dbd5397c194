import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { EngineError } from "@gantry/core";
import { collectBytes, streamOf } from "@gantry/testkit";
import { describe, expect, test } from "vitest";

import { type WebPage, rcliHandler } from "../src/index.ts";
import { pathOf } from "../src/wire/request-path.ts";
import { type FakeEngine, type Script, containerHex, fakeEngine, imageHex, now } from "./support/fake-engine.ts";
import { seedHelp } from "./support/seed-help.ts";

const imageDigits = "0123456789abcdef";

interface CallOptions {
  stdin?: string;
  web?: WebPage;
  method?: string;
}

async function call(engine: FakeEngine, argv: readonly string[], { stdin, web, method }: CallOptions = {}) {
  const response = await rcliHandler(engine, { web })({
    method: method ?? "POST",
    path: pathOf(argv),
    headers: {},
    body: stdin === undefined ? streamOf() : streamOf(Buffer.from(stdin)),
    signal: new AbortController().signal,
  });
  const text = response.body === undefined ? "" : (await collectBytes(response.body)).toString();
  return { status: response.status, text };
}

async function output(script: Script, ...argv: readonly string[]): Promise<string> {
  return (await call(fakeEngine(script), argv)).text;
}

describe("help", () => {
  test.each([[["help"]], [[""]], [["HELP"]]])("%j is the list", async (argv) => {
    expect(await output({}, ...argv)).toBe(seedHelp);
  });

  test.each([
    ["help", "attach"],
    ["attach", "--help"],
    ["attach", "-h"],
  ])("%s %s is the usage", async (...argv) => {
    expect(await output({}, ...argv)).toBe(
      "\nUsage: docker attach [OPTIONS] CONTAINER\n\nAttach to a running container\n\n" +
        "  -e=true: Attach to stderr\n  -i=false: Attach to stdin\n  -o=true: Attach to stdout\n",
    );
  });

  test("an unknown command, an unknown flag, a missing argument", async () => {
    expect(await output({}, "frobnicate")).toBe("Error: No such command: frobnicate\n");
    expect(await output({}, "help", "toString")).toBe("Error: No such command: toString\n");
    expect(await output({}, "ps", "-z")).toMatch(
      /^flag provided but not defined: -z\n\nUsage: docker ps \[OPTIONS\]\n/,
    );
    expect(await output({}, "rm")).toMatch(/^\nUsage: docker rm /);
  });
});

describe("ps", () => {
  const running = {
    id: containerHex,
    image: "base:latest",
    command: "sh -c while true; do sleep 1; done",
    createdAt: new Date(now - 125_000).toISOString(),
    state: { status: "running", pid: 1, exitCode: 0, startedAt: new Date(now - 120_500).toISOString() },
    labels: { "rcli.comment": "a loop" },
  } as never;
  const ended = {
    ...(running as object),
    labels: {},
    command: "x\u001B[2Jy",
    state: { status: "exited", exitCode: 143 },
  } as never;

  test("shows the six columns of 2013", async () => {
    const engine = fakeEngine({ containers: [running, ended] });
    expect((await call(engine, ["PS", "-a"])).text).toBe(
      "ID          IMAGE       COMMAND                CREATED         STATUS         COMMENT\n" +
        "c0ffee00    base        sh -c while true; do   2 minutes ago   Up 2 minutes   a loop\n" +
        "c0ffee00    base        x\\u001b[2Jy            2 minutes ago   Exit 143       \n",
    );
    expect(engine.calls).toEqual([["list", { all: true }]]);
  });

  test("-q shows ids, -notrunc whole commands", async () => {
    expect(await output({ containers: [running] }, "ps", "-q")).toBe("c0ffee00\n");
    expect(await output({ containers: [running] }, "ps", "-notrunc")).toContain("do sleep 1; done");
  });
});

describe("run", () => {
  test("without -a prints the id of eight digits", async () => {
    const engine = fakeEngine();
    const argv = ["run", "-c", "mine", "-m", "33554432", "-u", "daemon", "base", "sleep", "-x"];
    expect((await call(engine, argv)).text).toBe("c0ffee00\n");
    const config = {
      image: "base",
      entrypoint: [],
      command: ["sleep", "-x"],
      terminal: false,
      openStdin: false,
      stdinOnce: false,
      user: "daemon",
      labels: { "rcli.comment": "mine" },
    };
    expect(engine.calls).toEqual([
      ["create", { config, hostConfig: { resources: { memory: 33_554_432 } } }],
      ["start", containerHex],
    ]);
  });

  test("-a joins the streams, -i the input with its end", async () => {
    expect(
      await output(
        {
          output: [
            ["stdout", "out"],
            ["stderr", "err"],
          ],
        },
        "run",
        "-a",
        "base",
        "x",
      ),
    ).toBe("outerr");
    const engine = fakeEngine();
    expect((await call(engine, ["run", "-a", "-i", "base", "cat"], { stdin: "hello" })).text).toBe("hello|EOF");
    expect(engine.calls.at(-1)).toEqual(["close"]);
  });

  test("without a command gives a shell on a terminal in base", async () => {
    const engine = fakeEngine({ output: [] });
    await call(engine, ["run"]);
    expect(engine.calls[0]).toEqual([
      "create",
      {
        config: {
          image: "base",
          entrypoint: [],
          command: ["/bin/bash", "-i"],
          terminal: true,
          openStdin: true,
          stdinOnce: true,
        },
      },
    ]);
  });

  test("an image may be named as put told it", async () => {
    const engine = fakeEngine({ images: [{ id: imageHex, tags: ["tools:latest"] }] });
    await call(engine, ["run", `tools:${imageDigits}`, "x"]);
    expect(engine.calls[0]).toMatchObject(["create", { config: { image: imageHex } }]);
  });

  test("errors are a line of the output; a failed start lets go of the streams", async () => {
    const missing = { errors: { create: new EngineError("not-found", "No such image: nothing") } };
    expect(await output(missing, "run", "nothing", "x")).toBe("Error: No such image: nothing\n");
    const engine = fakeEngine({ errors: { start: new Error("no such program") } });
    expect((await call(engine, ["run", "-a", "base", "x"])).text).toBe("Error: no such program\n");
    expect(engine.calls.at(-1)).toEqual(["close"]);
  });
});

describe("the life of containers", () => {
  test("stop, start and restart print ids; kill and rm nothing; wait exit codes", async () => {
    expect(await output({}, "stop", "a", "b")).toBe("c0ffee00\nc0ffee00\n");
    expect(await output({}, "start", "a")).toBe("c0ffee00\n");
    expect(await output({}, "restart", "a")).toBe("c0ffee00\n");
    expect(await output({}, "kill", "a")).toBe("");
    expect(await output({}, "rm", "a")).toBe("");
    expect(await output({ exitCode: 3 }, "wait", "a", "b")).toBe("3\n3\n");
  });

  test("rm stops first, and tells of each that it could not destroy", async () => {
    const engine = fakeEngine({ errors: { stop: new EngineError("not-modified", "it has stopped") } });
    expect((await call(engine, ["rm", "a"])).text).toBe("");
    expect(engine.calls.map(([method]) => method)).toEqual(["inspect", "stop", "remove"]);
    const busy = { errors: { remove: new EngineError("conflict", "busy") } };
    expect(await output(busy, "rm", "a", "b")).toBe(
      "Error destroying container a: busy\nError destroying container b: busy\n",
    );
    const gone = { errors: { inspect: new EngineError("not-found", "No such container: a") } };
    expect(await output(gone, "rm", "a")).toBe("Error: No such container: a\n");
  });
});

describe("what a container has", () => {
  const written = [
    ["stderr", "e1"],
    ["stdout", "o1"],
    ["stderr", "e2"],
    ["stdout", "o2"],
  ] as const;

  test("logs are stdout, then stderr", async () => {
    expect(await output({ output: written }, "logs", "a")).toBe("o1o2e1e2");
  });

  test("attach mixes what it is asked for, and ends at once for a container that has", async () => {
    expect(await output({ output: written }, "attach", "a")).toBe("e1o1e2o2");
    expect(await output({ output: written }, "attach", "-e=false", "a")).toBe("o1o2");
    const engine = fakeEngine({ output: written, status: "exited" });
    expect((await call(engine, ["attach", "a"])).text).toBe("");
  });

  test("diff, commit, tar", async () => {
    const changes = [
      { kind: "modified", path: "/etc" },
      { kind: "added", path: "/etc/new" },
      { kind: "deleted", path: "/etc/.wh.old" },
    ] as const;
    expect(await output({ changes }, "diff", "a")).toBe("C /etc\nA /etc/new\nD /etc/.wh.old\n");
    expect(await output({}, "commit", "a", "mine")).toBe(`mine:${imageDigits}\n`);
    expect(await output({}, "tar", "a")).toBe("tar");
    expect(await output({}, "tar", "-s", "a")).toBe("Error: Sparse mode not yet implemented\n");
  });

  test("inspect knows containers, then images", async () => {
    expect(JSON.parse(await output({}, "inspect", "a"))).toMatchObject({ Id: "c0ffee00", Path: "cat", Args: ["-n"] });
    const none = { errors: { inspect: new EngineError("not-found", "No such container: x") } };
    const image = JSON.parse(await output(none, "inspect", "base")) as object;
    expect(image).toMatchObject({ Id: `base:${imageDigits}`, Layers: ["top", "low"] });
    expect(await output(none, "inspect", "nothing")).toBe("Error: No such container or image: nothing\n");
  });
});

describe("images", () => {
  const images = [
    { id: imageHex, tags: ["zoo:latest", "base:latest"], createdAt: new Date(now - 3_600_000).toISOString() },
    { id: `sha256:${"f".repeat(64)}`, tags: [], createdAt: new Date(now - 10_000).toISOString() },
  ];

  test("are listed by name", async () => {
    expect(await output({ images }, "images", "-q")).toBe(
      `<none>:ffffffffffffffff\nbase:${imageDigits}\nzoo:${imageDigits}\n`,
    );
    expect(await output({ images }, "images", "base")).toBe(
      `NAME                ID                      CREATED             PARENT\n` +
        `base                base:${imageDigits}   About an hour ago   \n`,
    );
  });

  test("put takes the input, cp and rmi names or ids", async () => {
    const engine = fakeEngine({ images });
    expect((await call(engine, ["put", "mine"], { stdin: "a tarball" })).text).toBe(`mine:${imageDigits}\n`);
    expect(engine.input).toEqual(["a tarball"]);
    expect((await call(engine, ["cp", "zoo", "copy"])).text).toBe(`copy:${imageDigits}\n`);
    await call(engine, ["rmi", `zoo:${imageDigits}`, "other"]);
    expect(engine.calls).toEqual([
      ["importLayer", { name: "mine" }],
      ["tag", "zoo", "copy"],
      ["images.inspect", "copy"],
      ["images.remove", imageHex],
      ["images.remove", "other"],
    ]);
  });

  test("pull asks the engine's sources for a name", async () => {
    expect(await output({}, "pull", "base")).toBe(`Downloading from base\nbase:${imageDigits}\n`);
  });

  test("pull downloads a URL", async () => {
    const server = createServer((request, response) => {
      response.statusCode = request.url === "/images/Tools.tar.gz" ? 200 : 404;
      response.end("an archive");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const engine = fakeEngine();
      const { text } = await call(engine, ["pull", `${origin}/images/Tools.tar.gz`]);
      expect(text).toContain(`Downloading from ${origin}/images/Tools.tar.gz\n`);
      expect(text).toMatch(new RegExp(`#{72} 100\\.0%\nUnpacking to tools\ntools:${imageDigits}\n$`));
      expect(engine.input).toEqual(["an archive"]);
      expect((await call(engine, ["pull", `${origin}/missing.tar`])).text).toMatch(/Error: .* answers 404\n$/);
      expect((await call(engine, ["pull", origin])).text).toMatch(/Error: .* names no archive/);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

describe("the rest", () => {
  test("info is three lines", async () => {
    expect(await output({}, "info")).toBe("containers: 3\nversion: 0.0.1\nimages: 2\n");
  });

  test("mirror sends back", async () => {
    expect((await call(fakeEngine(), ["mirror"], { stdin: "abc" })).text).toBe("abc");
  });

  test("web is the page, -u its address", async () => {
    const web = { page: "<!doctype html>", url: "http://127.0.0.1:8080/web?token=x" };
    expect((await call(fakeEngine(), ["web"], { web })).text).toBe("<!doctype html>");
    expect((await call(fakeEngine(), ["web", "-u"], { web })).text).toBe(`${web.url}\n`);
    const off = { ...web, url: undefined };
    expect((await call(fakeEngine(), ["web", "-u"], { web: off })).text).toContain("Error: the web terminal is off");
    expect(await output({}, "web")).toBe("Error: this daemon has no web terminal\n");
  });

  test("by GET only what changes nothing is run", async () => {
    const engine = fakeEngine();
    for (const argv of [
      ["run", "base", "x"],
      ["rm", "a"],
      ["put", "x"],
      ["attach", "-i", "a"],
      ["stop", "a"],
    ]) {
      expect((await call(engine, argv, { method: "GET" })).status).toBe(405);
    }
    expect((await call(engine, ["ps"], { method: "DELETE" })).status).toBe(405);
    expect(engine.calls).toEqual([]);
    expect(await call(engine, ["info"], { method: "GET" })).toMatchObject({ status: 200 });
    expect(await call(engine, ["help"], { method: "GET" })).toEqual({ status: 200, text: seedHelp });
  });
});
