import { EngineError } from "@gantry/core";
import type { ContainerState, ContainerSummary, ImageSummary } from "@gantry/engine";
import { describe, expect, it, vi } from "vitest";

import { noSuchContainer } from "./support/fake-engine.ts";
import { runCli, startCli } from "./support/run-cli.ts";

function container(fields: Partial<ContainerSummary> = {}, state: Partial<ContainerState> = {}): ContainerSummary {
  return {
    id: "0123456789abcdef".repeat(4),
    name: "web",
    image: "base",
    imageId: "sha256:ffff",
    command: "/bin/sh -c 'while true; do date; done'",
    createdAt: "2024-05-01T11:55:00Z",
    state: {
      status: "running",
      pid: 1,
      exitCode: 0,
      error: "",
      oomKilled: false,
      startedAt: "2024-05-01T11:59:00Z",
      ...state,
    },
    labels: { b: "2", a: "1" },
    ...fields,
  };
}

describe("ps", () => {
  it("lists as Docker does", async () => {
    const { stdout, engine } = await runCli(["ps"], { containers: [container()] });
    expect(stdout).toBe(
      "CONTAINER ID   IMAGE     COMMAND                  CREATED         STATUS              PORTS     NAMES\n" +
        '0123456789ab   base      "/bin/sh -c \'while t…"   5 minutes ago   Up About a minute             web\n',
    );
    expect(engine.called("list")).toEqual([["list", { all: false, filters: {} }]]);
  });

  it.each([
    [["-a"], { all: true, filters: {} }],
    [["-l"], { all: true, limit: 1, filters: {} }],
    [["-n", "3"], { all: true, limit: 3, filters: {} }],
    [
      ["-f", "name=a", "--filter", "name=b", "-f", "status=exited"],
      { all: false, filters: { name: ["a", "b"], status: ["exited"] } },
    ],
  ])("asks for what %j says", async (options, query) => {
    expect((await runCli(["ps", ...options])).engine.called("list")).toEqual([["list", query]]);
  });

  it("shows ids only, in full with --no-trunc", async () => {
    const containers = [container()];
    expect((await runCli(["ps", "-q"], { containers })).stdout).toBe("0123456789ab\n");
    expect((await runCli(["ps", "-q", "--no-trunc"], { containers })).stdout).toBe(`${containers[0]!.id}\n`);
  });

  it.each([
    [{ status: "paused" as const }, "Up About a minute (Paused)"],
    [{ status: "exited" as const, exitCode: 137, finishedAt: "2024-05-01T11:59:57Z" }, "Exited (137) 3 seconds ago"],
    [{ status: "created" as const }, "Created"],
    [{ status: "removing" as const }, "Removal In Progress"],
    [{ status: "dead" as const }, "Dead"],
  ])("says %j as Docker does", async (state, status) => {
    const { stdout } = await runCli(["ps", "--format", "{{.Status}}"], { containers: [container({}, state)] });
    expect(stdout).toBe(`${status}\n`);
  });

  it("formats", async () => {
    const format = async (text: string) =>
      (await runCli(["ps", "--format", text], { containers: [container()] })).stdout;
    expect(await format('{{.Names}} {{.Label "a"}} {{.Labels}}')).toBe("web 1 a=1,b=2\n");
    expect(await format("table {{.Names}}\\t{{.State}}")).toBe("NAMES     STATE\nweb       running\n");
    expect(JSON.parse(await format("{{json .}}"))).toMatchObject({
      ID: "0123456789ab",
      Names: "web",
      State: "running",
    });
    expect(await format("{{.CreatedAt}}")).toBe("2024-05-01 11:55:00 +0000 UTC\n");
  });

  it("refuses a format that is wrong", async () => {
    const run = await runCli(["ps", "--format", "{{.Nope}}"], { containers: [container()] });
    expect(run).toMatchObject({ status: 1, stdout: "" });
    expect(run.stderr).toContain("can't evaluate field Nope");
  });

  it("shows control characters of a command instead of sending them", async () => {
    const { stdout } = await runCli(["ps", "--format", "{{.Command}}"], {
      containers: [container({ command: "\u001B[2J" })],
    });
    expect(stdout).toBe('"\\u001b[2J"\n');
  });
});

describe("images", () => {
  const image = (fields: Partial<ImageSummary>): ImageSummary => ({
    id: `sha256:${"a".repeat(64)}`,
    tags: ["base:latest"],
    createdAt: "2024-05-01T11:00:00Z",
    size: 170_403_840,
    labels: {},
    ...fields,
  });

  it("lists newest first, a line for each name", async () => {
    const images = [
      image({
        tags: ["host:5000/x:1", "busybox:latest"],
        id: `sha256:${"b".repeat(64)}`,
        createdAt: "2024-04-01T00:00:00Z",
        size: 2_000_000,
      }),
      image({}),
      image({ tags: [], createdAt: "2024-03-01T00:00:00Z" }),
    ];
    expect((await runCli(["images"], { images })).stdout.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
      ["REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"],
      ["base", "latest", "a".repeat(12), "About an hour ago", "170MB"],
      ["host:5000/x", "1", "b".repeat(12), "4 weeks ago", "2MB"],
      ["busybox", "latest", "b".repeat(12), "4 weeks ago", "2MB"],
      ["<none>", "<none>", "a".repeat(12), "8 weeks ago", "170MB"],
      [""],
    ]);
  });

  it("lists one repository or name, ids only, in full", async () => {
    const images = [image({ tags: ["base:latest", "base:old"] }), image({ tags: ["x:1"] })];
    const lines = async (...words: string[]) =>
      (await runCli(["images", "--format", "{{.Repository}}:{{.Tag}}", ...words], { images })).stdout;
    expect(await lines("base")).toBe("base:latest\nbase:old\n");
    expect(await lines("base:old")).toBe("base:old\n");
    expect(await lines("bas")).toBe("");
    expect((await runCli(["images", "-q", "x"], { images })).stdout).toBe(`${"a".repeat(12)}\n`);
    expect((await runCli(["images", "-q", "--no-trunc", "x"], { images })).stdout).toBe(`sha256:${"a".repeat(64)}\n`);
  });
});

describe("logs", () => {
  const output = [
    ["stdout", "one\ntw"],
    ["stderr", "oops\n"],
    ["stdout", "o\nthree"],
  ] as const;

  it("prints each stream where it belongs", async () => {
    expect(await runCli(["logs", "c"], { output })).toMatchObject({
      status: 0,
      stdout: "one\ntwo\nthree",
      stderr: "oops\n",
    });
  });

  it("stamps lines, not pieces", async () => {
    expect(await runCli(["logs", "-t", "c"], { output })).toMatchObject({
      stdout:
        "2024-05-01T12:00:00.000000000Z one\n2024-05-01T12:00:00.000000000Z two\n2024-05-01T12:00:00.000000002Z three",
      stderr: "2024-05-01T12:00:00.000000001Z oops\n",
    });
  });

  it("asks for what the options say", async () => {
    const { engine } = await runCli(["logs", "-f", "--since", "1m", "--until", "2024-05-01", "-n", "5", "c"]);
    const since = BigInt(Date.parse("2024-05-01T11:59:00Z")) * 1_000_000n;
    const until = BigInt(Date.parse("2024-05-01")) * 1_000_000n;
    expect(engine.called("logs")).toEqual([["logs", "c", { follow: true, since, until, tail: 5 }]]);
    expect((await runCli(["logs", "--tail", "all", "c"])).engine.called("logs")).toEqual([
      ["logs", "c", { follow: false }],
    ]);
  });

  it("says when there is no such container", async () => {
    const run = await runCli(["logs", "c"], { errors: { logs: noSuchContainer("c") } });
    expect(run).toMatchObject({ status: 1, stderr: "docker: No such container: c\n" });
  });

  it("refuses a time that is none", async () => {
    expect((await runCli(["logs", "--since", "x", "c"])).stderr).toContain('invalid value "x"');
  });
});

describe("commands over several containers", () => {
  const errors = {
    "remove b": noSuchContainer("b"),
    "stop b": noSuchContainer("b"),
    "kill b": noSuchContainer("b"),
    "start b": noSuchContainer("b"),
    "wait b": noSuchContainer("b"),
  };

  it.each(["rm", "stop", "kill", "start"])("%s goes on after a failure", async (name) => {
    expect(await runCli([name, "a", "b", "c"], { errors })).toMatchObject({
      status: 1,
      stdout: "a\nc\n",
      stderr: "docker: No such container: b\n",
    });
  });

  it("wait prints codes", async () => {
    expect(await runCli(["wait", "a", "b", "c"], { errors, exitCode: 7 })).toMatchObject({
      status: 1,
      stdout: "7\n7\n",
      stderr: "docker: No such container: b\n",
    });
  });

  it("wait ends at a signal", async () => {
    const call = startCli(["wait", "a"], { errors: { wait: new Error("aborted") } });
    call.host.signal("SIGINT");
    expect((await call.done).status).toBeGreaterThan(0);
  });

  it("rm takes -f and -v, and a forced one does not mind what is gone", async () => {
    const run = await runCli(["rm", "-fv", "a", "b"], { errors });
    expect(run).toMatchObject({ status: 0, stdout: "a\n", stderr: "docker: No such container: b\n" });
    expect(run.engine.called("remove")[0]).toEqual(["remove", "a", { force: true, volumes: true }]);
  });

  it("kill and stop take a signal, stop a time", async () => {
    expect((await runCli(["kill", "a"])).engine.called("kill")).toEqual([["kill", "a", "KILL"]]);
    expect((await runCli(["kill", "-s", "HUP", "a"])).engine.called("kill")).toEqual([["kill", "a", "HUP"]]);
    const { engine } = await runCli(["stop", "-t", "3", "-s", "INT", "a"]);
    expect(engine.called("stop")).toEqual([["stop", "a", { signal: "INT", timeout: 3 }]]);
  });

  it("what is so already is no failure", async () => {
    const already = { start: new EngineError("not-modified", "x"), stop: new EngineError("not-modified", "x") };
    expect(await runCli(["start", "a"], { errors: already })).toMatchObject({ status: 0, stdout: "a\n" });
    expect(await runCli(["stop", "a"], { errors: already })).toMatchObject({ status: 0, stdout: "a\n" });
  });
});

describe("start", () => {
  it("attaches to one container", async () => {
    const script = { output: [["stdout", "hi\n"] as const], exitCode: 5, hold: true };
    const call = startCli(["start", "-ai", "a"], script, { input: ["x"] });
    await vi.waitFor(() => expect(call.engine.input).toEqual(["x", "EOF"]));
    call.engine.finish();
    expect(await call.done).toMatchObject({ status: 5, stdout: "hi\n" });
  });

  it("attaches to no more than one", async () => {
    expect(await runCli(["start", "-a", "a", "b"])).toMatchObject({ status: 1, connections: 0 });
  });
});

describe("pull", () => {
  it("shows on stdout what the engine tells, and only the name with -q", async () => {
    expect(await runCli(["pull", "x"])).toMatchObject({
      status: 0,
      stderr: "",
      stdout: "layer: Downloading\nlayer: Done\nDigest: sha256:2\n",
    });
    expect(await runCli(["pull", "-q", "x"])).toMatchObject({ status: 0, stderr: "", stdout: "x\n" });
  });
});

describe("what the engine says of itself", () => {
  it("is printed by info and version", async () => {
    const info = await runCli(["info"]);
    expect(info.stdout).toContain("Containers: 6\n Running: 1\n Paused: 2\n Stopped: 3\nImages: 4\n");
    expect(info.stderr).toBe("WARNING: no swap limit\n");
    expect((await runCli(["info", "-f", "{{.Driver}} {{.ContainersRunning}}"])).stdout).toBe("overlay 1\n");
    expect((await runCli(["version"])).stdout).toMatch(/Version: +1\.2\.3/);
    expect((await runCli(["version", "--format", "{{.Server.Version}}"])).stdout).toBe("1.2.3\n");
    expect(JSON.parse((await runCli(["version", "-f", "json"])).stdout)).toMatchObject({
      Server: { Version: "1.2.3" },
    });
  });

  it("lists plugins with the reason of those that are not wired", async () => {
    const plugins = [
      { name: "@gantry/overlay-driver", status: "supported" as const, provides: ["StorageDriver"] },
      { name: "@gantry/aufs-driver", status: "unsupported" as const, reason: "no aufs", provides: ["StorageDriver"] },
    ];
    expect((await runCli(["plugins"], { plugins })).stdout.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
      ["PLUGIN", "PROVIDES", "STATUS"],
      ["@gantry/overlay-driver", "StorageDriver", "active"],
      ["@gantry/aufs-driver", "StorageDriver", "no aufs"],
      [""],
    ]);
  });
});
