import { EngineError } from "@gantry/core";
import { describe, expect, it, vi } from "vitest";

import type { ContainerListItem, ImageListItem } from "../src/rendering/api-documents.ts";
import { noSuchContainer } from "./support/fake-engine.ts";
import { runCli, startCli } from "./support/run-cli.ts";

const seconds = (time: string): number => Date.parse(time) / 1000;

function container(fields: Partial<ContainerListItem> = {}): ContainerListItem {
  return {
    Id: "0123456789abcdef".repeat(4),
    Names: ["/web", "/other/web"],
    Image: "base",
    ImageID: `sha256:${"f".repeat(64)}`,
    Command: "/bin/sh -c 'while true; do date; done'",
    Created: seconds("2024-05-01T11:55:00Z"),
    State: "running",
    Status: "Up About a minute",
    Labels: { b: "2", a: "1" },
    ...fields,
  };
}

const listed = (...containers: readonly ContainerListItem[]) => ({ documents: { "/containers/json": containers } });

describe("ps", () => {
  it("lists as Docker does", async () => {
    const { stdout, engine } = await runCli(["ps"], listed(container()));
    expect(stdout).toBe(
      "CONTAINER ID   IMAGE     COMMAND                  CREATED         STATUS              PORTS     NAMES\n" +
        '0123456789ab   base      "/bin/sh -c \'while t…"   5 minutes ago   Up About a minute             web\n',
    );
    expect(engine.called("document")).toEqual([["document", "/containers/json", {}]]);
  });

  it.each([
    [["-a"], { all: true }],
    [["-l"], { all: true, limit: 1 }],
    [["-n", "3"], { all: true, limit: 3 }],
    [["-s"], { size: true }],
    [["--format", "{{.Size}}"], { size: true }],
    [
      ["-f", "name=a", "--filter", "name=b", "-f", "status=exited"],
      { filters: '{"name":{"a":true,"b":true},"status":{"exited":true}}' },
    ],
  ])("asks for what %j says", async (options, query) => {
    const { engine } = await runCli(["ps", ...options], listed());
    expect(engine.called("document")).toEqual([["document", "/containers/json", query]]);
  });

  it("shows ids only, in full with --no-trunc", async () => {
    const one = container();
    expect((await runCli(["ps", "-q"], listed(one))).stdout).toBe("0123456789ab\n");
    expect((await runCli(["ps", "-q", "--no-trunc"], listed(one))).stdout).toBe(`${one.Id}\n`);
  });

  it("formats", async () => {
    const format = async (text: string, fields: Partial<ContainerListItem> = {}) =>
      (await runCli(["ps", "--format", text], listed(container(fields)))).stdout;
    expect(await format('{{.Names}} {{.Label "a"}} {{.Labels}}')).toBe("web 1 a=1,b=2\n");
    expect(await format("table {{.Names}}\\t{{.State}}")).toBe("NAMES     STATE\nweb       running\n");
    expect(JSON.parse(await format("{{json .}}"))).toMatchObject({
      ID: "0123456789ab",
      Names: "web",
      State: "running",
    });
    expect(await format("{{.CreatedAt}}")).toBe("2024-05-01 11:55:00 +0000 UTC\n");
    expect(await format("{{.Size}}", { SizeRw: 2, SizeRootFs: 1_982_438 })).toBe("2B (virtual 1.98MB)\n");
    expect(await format("{{.Image}}", { Image: "" })).toBe(`${"f".repeat(12)}\n`);
  });

  it("shows mounts, networks and ports", async () => {
    const fields = {
      Mounts: [
        { Type: "bind", Source: "/a/rather/long/directory" },
        { Type: "volume", Name: "v1" },
      ],
      NetworkSettings: { Networks: { n1: {}, n2: {} } },
      Ports: [
        { IP: "0.0.0.0", PrivatePort: 80, PublicPort: 8080, Type: "tcp" },
        { IP: "::", PrivatePort: 80, PublicPort: 8080, Type: "tcp" },
        { IP: "0.0.0.0", PrivatePort: 81, PublicPort: 8081, Type: "tcp" },
        { PrivatePort: 53, Type: "udp" },
      ],
    };
    const format = "{{.Mounts}}|{{.LocalVolumes}}|{{.Networks}}|{{.Ports}}";
    const { stdout } = await runCli(["ps", "--format", format], listed(container(fields)));
    expect(stdout).toBe("/a/rather/long…,v1|1|n1,n2|53/udp, 0.0.0.0:8080-8081->80-81/tcp, [::]:8080->80/tcp\n");
  });

  it("refuses a format that is wrong", async () => {
    const run = await runCli(["ps", "--format", "{{.Nope}}"], listed(container()));
    expect(run).toMatchObject({ status: 1, stdout: "" });
    expect(run.stderr).toContain("can't evaluate field Nope");
  });

  it("shows control characters of a command instead of sending them", async () => {
    const { stdout } = await runCli(["ps", "--format", "{{.Command}}"], listed(container({ Command: "\u001B[2J" })));
    expect(stdout).toBe('"\\u001b[2J"\n');
  });

  it("does with what a server leaves out", async () => {
    const { stdout } = await runCli(
      ["ps", "--format", "{{.Names}}{{.Mounts}}{{.Labels}}{{.Ports}}"],
      listed({ Id: "x" }),
    );
    expect(stdout).toBe("\n");
  });
});

describe("images", () => {
  const image = (fields: Partial<ImageListItem> = {}): ImageListItem => ({
    Id: `sha256:${"a".repeat(64)}`,
    RepoTags: ["base:latest"],
    RepoDigests: null,
    Created: seconds("2024-05-01T11:00:00Z"),
    Size: 170_403_840,
    ...fields,
  });
  const held = (...images: readonly ImageListItem[]) => ({ documents: { "/images/json": images } });

  it("lists a line for each name", async () => {
    const images = [
      image(),
      image({
        RepoTags: ["host:5000/x:1", "busybox:latest"],
        Created: seconds("2024-04-01T00:00:00Z"),
        Size: 2_000_000,
      }),
      image({ RepoTags: ["<none>:<none>"], RepoDigests: ["<none>@<none>"], Created: seconds("2024-03-01T00:00:00Z") }),
    ];
    expect((await runCli(["images"], held(...images))).stdout.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
      ["REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"],
      ["base", "latest", "a".repeat(12), "About an hour ago", "170MB"],
      ["host:5000/x", "1", "a".repeat(12), "4 weeks ago", "2MB"],
      ["busybox", "latest", "a".repeat(12), "4 weeks ago", "2MB"],
      ["<none>", "<none>", "a".repeat(12), "8 weeks ago", "170MB"],
      [""],
    ]);
  });

  it("shows digests, also of an image without a tag", async () => {
    const digest = `sha256:${"d".repeat(64)}`;
    const images = [image({ RepoDigests: [`base@${digest}`] }), image({ RepoTags: [], RepoDigests: [`x@${digest}`] })];
    const { stdout } = await runCli(["images", "--format", "{{.Repository}} {{.Tag}} {{.Digest}}"], held(...images));
    expect(stdout).toBe(`base latest ${digest}\nx <none> ${digest}\n`);
    expect((await runCli(["images", "--digests"], held(image()))).stdout).toMatch(/^REPOSITORY +TAG +DIGEST +IMAGE ID/);
  });

  it.each([
    [["base:old"], { filters: '{"reference":{"base:old":true}}' }],
    [["-a", "-f", "dangling=true"], { all: true, filters: '{"dangling":{"true":true}}' }],
  ])("asks for what %j says", async (options, query) => {
    const { engine } = await runCli(["images", ...options], held());
    expect(engine.called("document")).toEqual([["document", "/images/json", query]]);
  });

  it("shows ids only, in full with --no-trunc", async () => {
    expect((await runCli(["images", "-q"], held(image()))).stdout).toBe(`${"a".repeat(12)}\n`);
    expect((await runCli(["images", "-q", "--no-trunc"], held(image()))).stdout).toBe(`sha256:${"a".repeat(64)}\n`);
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
    expect(engine.called("logs")).toEqual([["logs", "c", { follow: true, since, until, tail: 5, untimed: true }]]);
    expect((await runCli(["logs", "--tail", "all", "c"])).engine.called("logs")).toEqual([
      ["logs", "c", { follow: false, untimed: true }],
    ]);
    expect((await runCli(["logs", "-t", "c"])).engine.called("logs")[0]![2]).toMatchObject({ untimed: false });
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
  const documents = {
    "/info": {
      Containers: 6,
      ContainersRunning: 1,
      ContainersPaused: 2,
      ContainersStopped: 3,
      Images: 4,
      Driver: "overlay",
      MemTotal: 2_101_346_304,
      NCPU: 2,
      SecurityOptions: ["name=seccomp,profile=builtin", "name=cgroupns"],
      Warnings: ["no swap limit"],
    },
    "/version": {
      Platform: { Name: "Gantry" },
      Version: "1.2.3",
      ApiVersion: "1.50",
      MinAPIVersion: "1.24",
      Os: "linux",
      Arch: "amd64",
      Components: [{ Name: "Engine", Version: "1.2.3" }],
    },
  };

  it("is printed by info and version", async () => {
    const info = await runCli(["info"], { documents });
    expect(info.stdout).toContain(" Containers: 6\n  Running: 1\n  Paused: 2\n  Stopped: 3\n Images: 4\n");
    expect(info.stdout).toContain(" Security Options:\n  seccomp\n   Profile: builtin\n  cgroupns\n");
    expect(info.stdout).toContain(" CPUs: 2\n Total Memory: 1.957GiB\n");
    expect(info.stderr).toBe("WARNING: no swap limit\n");
    expect((await runCli(["info", "-f", "{{.Driver}} {{.ContainersRunning}}"], { documents })).stdout).toBe(
      "overlay 1\n",
    );
    const version = await runCli(["version"], { documents });
    expect(version.stdout).toMatch(
      /^Server: Gantry\n Engine:\n {2}Version: +1\.2\.3\n {2}API version: +1\.50 \(minimum/m,
    );
    expect((await runCli(["version", "--format", "{{.Server.Version}}"], { documents })).stdout).toBe("1.2.3\n");
    expect(JSON.parse((await runCli(["version", "-f", "json"], { documents })).stdout)).toMatchObject({
      Client: { Version: "9.9.9", ApiVersion: "1.50" },
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
