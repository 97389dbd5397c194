import { EngineError } from "@gantry/core";
import { describe, expect, it } from "vitest";

import { runCli } from "./support/run-cli.ts";

describe("volume", () => {
  it("create takes a name and options", async () => {
    const run = await runCli(["volume", "create", "-d", "local", "--label", "a=b", "-o", "type=tmpfs", "v1"]);
    expect(run.stdout).toBe("v1\n");
    expect(run.engine.called("volume.create")).toEqual([
      ["volume.create", { name: "v1", driver: "local", labels: { a: "b" }, driverOptions: { type: "tmpfs" } }],
    ]);
    expect((await runCli(["volume", "create"])).stdout).toBe("made-up\n");
    expect(await runCli(["volume", "create", "--name", "a", "b"])).toMatchObject({ status: 1, connections: 0 });
  });

  it("ls lists by name", async () => {
    const documents = {
      "/volumes": {
        Volumes: [
          { Name: "b", Driver: "local" },
          { Name: "a", Driver: "local" },
        ],
      },
    };
    expect((await runCli(["volume", "ls"], { documents })).stdout).toBe(
      "DRIVER    VOLUME NAME\nlocal     a\nlocal     b\n",
    );
    const quiet = await runCli(["volume", "ls", "-q", "-f", "dangling=true"], { documents });
    expect(quiet.stdout).toBe("a\nb\n");
    expect(quiet.engine.called("document")[0]![2]).toEqual({ filters: '{"dangling":{"true":true}}' });
    expect((await runCli(["volume", "ls", "-q"], { documents: { "/volumes": { Volumes: null } } })).stdout).toBe("");
  });

  it("rm goes on after a failure; a forced one does not mind what is gone", async () => {
    const errors = { "volume.remove b": new EngineError("not-found", "get b: no such volume") };
    expect(await runCli(["volume", "rm", "a", "b", "c"], { errors })).toMatchObject({
      status: 1,
      stdout: "a\nc\n",
      stderr: "docker: get b: no such volume\n",
    });
    expect(await runCli(["volume", "rm", "-f", "b"], { errors })).toMatchObject({ status: 0, stdout: "b\n" });
  });
});

describe("prune", () => {
  const pruned = { deleted: ["x1", "x2"], untagged: ["a:1"], reclaimedBytes: 1500 };

  it.each([
    [["container", "prune", "-f", "--filter", "until=1h"], [["containers.prune", { until: ["1h"] }]]],
    [["image", "prune", "-f"], [["images.prune", { dangling: ["true"] }]]],
    [["image", "prune", "-af"], [["images.prune", { dangling: ["false"] }]]],
    [["volume", "prune", "-f"], [["volumes.prune", {}]]],
    [["volume", "prune", "-a", "-f"], [["volumes.prune", { all: ["true"] }]]],
    [
      ["system", "prune", "-f"],
      [
        ["containers.prune", {}],
        ["images.prune", { dangling: ["true"] }],
      ],
    ],
    [
      ["system", "prune", "-af", "--volumes"],
      [
        ["containers.prune", {}],
        ["volumes.prune", {}],
        ["images.prune", { dangling: ["false"] }],
      ],
    ],
  ])("%j", async (argv, calls) => {
    const run = await runCli(argv, { pruned });
    expect(run.status).toBe(0);
    expect(run.engine.calls).toEqual(calls);
    expect(run.stdout).toMatch(/^Total reclaimed space: \d\.?\d*kB\n$/m);
  });

  it("tells what went", async () => {
    expect((await runCli(["container", "prune", "-f"], { pruned })).stdout).toBe(
      "Deleted Containers:\nx1\nx2\n\nTotal reclaimed space: 1.5kB\n",
    );
    expect((await runCli(["image", "prune", "-f"], { pruned })).stdout).toBe(
      "Deleted Images:\nuntagged: a:1\ndeleted: x1\ndeleted: x2\n\nTotal reclaimed space: 1.5kB\n",
    );
    expect((await runCli(["volume", "prune", "-f"])).stdout).toBe("Total reclaimed space: 0B\n");
  });

  it.each([
    [["y\n"], 0],
    [["Ye", "s\nmore"], 0],
    [["n\n"], 1],
    [["\n"], 1],
    [[], 1],
  ])("asks first: %j", async (input, status) => {
    const run = await runCli(["container", "prune"], {}, { input });
    expect(run.status).toBe(status);
    expect(run.stdout).toMatch(
      /^WARNING! This will remove all stopped containers\.\nAre you sure you want to continue\? \[y\/N\] /,
    );
    expect(run.engine.called("containers.prune")).toHaveLength(1 - status);
  });
});

describe("system df", () => {
  const documents = {
    "/system/df": {
      LayersSize: 1_000_000,
      Images: [
        { Id: "sha256:1", RepoTags: ["a:1"], Size: 600_000, SharedSize: 100_000, Containers: 1, Created: 1 },
        { Id: "sha256:2", RepoTags: ["b:1"], Size: 500_000, SharedSize: 100_000, Containers: 0, Created: 1 },
      ],
      Containers: [
        { Id: "c1", Names: ["/x"], SizeRw: 10, State: "running", Created: 1, Mounts: [{ Type: "volume", Name: "v" }] },
        { Id: "c2", Names: ["/y"], SizeRw: 5, State: "exited", Created: 1 },
      ],
      Volumes: [
        { Name: "v", UsageData: { Size: 100, RefCount: 1 } },
        { Name: "w", UsageData: { Size: 50, RefCount: 0 } },
      ],
      BuildCache: null,
    },
  };

  it("sums up", async () => {
    expect((await runCli(["system", "df"], { documents })).stdout).toBe(
      "TYPE            TOTAL     ACTIVE    SIZE      RECLAIMABLE\n" +
        "Images          2         1         1MB       500kB (50%)\n" +
        "Containers      2         1         15B       5B (33%)\n" +
        "Local Volumes   2         1         150B      50B (33%)\n" +
        "Build Cache     0         0         0B        0B\n",
    );
    expect((await runCli(["system", "df", "--format", "{{.Type}}:{{.Active}}"], { documents })).stdout).toBe(
      "Images:1\nContainers:1\nLocal Volumes:1\nBuild Cache:0\n",
    );
  });

  it("lists with -v", async () => {
    const { stdout } = await runCli(["system", "df", "-v"], { documents });
    expect(stdout).toMatch(/^a +1 +1 +\d+ years ago +600kB +100kB +500kB +1$/m);
    expect(stdout).toMatch(/^Local Volumes space usage:\n\nVOLUME NAME +LINKS +SIZE\nv +1 +100B\nw +0 +50B$/m);
  });
});

describe("global options", () => {
  it("name the engine", async () => {
    const documents = { "/containers/json": [] };
    const run = await runCli(
      [
        "-H",
        "tcp://h:1",
        "--tlsverify",
        "--tlscacert",
        "ca",
        "--data-root",
        "/d",
        "--exec-root=/e",
        "--embedded",
        "-D",
        "ps",
      ],
      { documents },
    );
    expect(run.globals).toEqual({
      debug: true,
      embedded: true,
      host: "tcp://h:1",
      dataRoot: "/d",
      execRoot: "/e",
      tls: { use: false, verify: true, ca: "ca" },
    });
    expect((await runCli(["ps"], { documents })).globals).toEqual({
      debug: false,
      embedded: false,
      tls: { use: false, verify: false },
    });
    expect(await runCli(["-H", "a", "-H", "b", "ps"])).toMatchObject({ status: 1, connections: 0 });
  });
});
