import { EngineError } from "@gantry/core";
import { describe, expect, it, vi } from "vitest";

import { containerId } from "./support/fake-engine.ts";
import { runCli, startCli } from "./support/run-cli.ts";

describe("simple verbs", () => {
  it.each([
    [
      ["pause", "a", "b"],
      [
        ["pause", "a"],
        ["pause", "b"],
      ],
      "a\nb\n",
    ],
    [["unpause", "a"], [["unpause", "a"]], "a\n"],
    [["restart", "-t", "0", "-s", "INT", "a"], [["restart", "a", { signal: "INT", timeout: 0 }]], "a\n"],
    [["restart", "--time", "3", "a"], [["restart", "a", { timeout: 3 }]], "a\n"],
    [["rename", "a", "b"], [["rename", "a", "b"]], ""],
    [["tag", "a", "b:1"], [["tag", "a", "b:1"]], ""],
    [["container", "pause", "a"], [["pause", "a"]], "a\n"],
    [["image", "tag", "a", "b"], [["tag", "a", "b"]], ""],
  ])("%j", async (argv, calls, stdout) => {
    const run = await runCli(argv);
    expect(run).toMatchObject({ status: 0, stdout, stderr: "" });
    expect(run.engine.calls).toEqual(calls);
  });

  it.each(["pause", "unpause", "restart", "rmi"])("%s goes on after a failure", async (name) => {
    const errors = { [`${name} b`]: new EngineError("conflict", "b is busy") };
    const run = await runCli([name, "a", "b", "c"], { errors });
    expect(run).toMatchObject({ status: 1, stderr: "docker: b is busy\n" });
    expect(run.engine.called(name)).toHaveLength(3);
  });

  it("rmi tells what went, and a forced one does not mind what is gone", async () => {
    const errors = { "rmi b": new EngineError("not-found", "No such image: b") };
    const run = await runCli(["rmi", "-f", "--no-prune", "a", "b"], { errors });
    expect(run).toMatchObject({
      status: 0,
      stdout: "Untagged: a:latest\nDeleted: sha256:1\n",
      stderr: "docker: No such image: b\n",
    });
    expect(run.engine.called("rmi")[0]).toEqual(["rmi", "a", { force: true, noPrune: true }]);
  });

  it("update sends what was named alone", async () => {
    const { engine, stdout, stderr } = await runCli(
      ["update", "-m", "64m", "--cpus", "1.5", "--restart", "on-failure:3", "a", "b"],
      { warnings: ["no swap"] },
    );
    const changes = {
      resources: { memory: 67_108_864, nanoCpus: 1_500_000_000 },
      restartPolicy: { name: "on-failure", maximumRetryCount: 3 },
    };
    expect(engine.called("update")).toEqual([
      ["update", "a", changes],
      ["update", "b", changes],
    ]);
    expect([stdout, stderr]).toEqual(["a\nb\n", "WARNING: no swap\nWARNING: no swap\n"]);
    expect(await runCli(["update", "a"])).toMatchObject({ status: 1, connections: 0 });
  });

  it("top passes the options of ps on", async () => {
    const { engine, stdout } = await runCli(["top", "a", "-o", "pid,cmd"]);
    expect(engine.called("top")).toEqual([["top", "a", "-o pid,cmd"]]);
    expect(stdout).toBe("PID                 CMD\n1                   sleep 1\n");
  });

  it("diff shows kinds by letters", async () => {
    const changes = [
      { kind: "modified" as const, path: "/etc" },
      { kind: "added" as const, path: "/etc/a\nb" },
      { kind: "deleted" as const, path: "/x" },
    ];
    expect((await runCli(["diff", "a"], { changes })).stdout).toBe("C /etc\nA /etc/a\\nb\nD /x\n");
    expect((await runCli(["diff", "a"])).stdout).toBe("");
  });

  it("commit says what to keep", async () => {
    const { engine, stdout } = await runCli([
      "commit",
      "-a",
      "me",
      "-m",
      "why",
      "-c",
      "CMD x",
      "-c",
      "ENV a=b",
      "-p=false",
      "a",
      "repo:1",
    ]);
    expect(engine.called("commit")).toEqual([
      [
        "commit",
        "a",
        { reference: "repo:1", author: "me", message: "why", changes: ["CMD x", "ENV a=b"], pause: false },
      ],
    ]);
    expect(stdout).toBe("sha256:1\n");
    expect((await runCli(["commit", "a"])).engine.called("commit")).toEqual([
      ["commit", "a", { changes: [], pause: true }],
    ]);
  });

  it("create makes a container and starts nothing", async () => {
    const run = await runCli(["create", "-it", "--name", "n", "x", "sh"], {}, { terminal: { stdin: false } });
    expect(run).toMatchObject({ status: 0, stdout: `${containerId}\n` });
    expect(run.engine.called("create")[0]![1]).toMatchObject({
      name: "n",
      config: { image: "x", command: ["sh"], terminal: true, openStdin: true, stdinOnce: true },
    });
    expect(run.engine.called("start")).toEqual([]);
    expect(await runCli(["create"])).toMatchObject({ status: 1, connections: 0 });
  });
});

describe("inspect", () => {
  const documents = {
    "/containers/web/json": { Id: "c1", State: { Status: "running" }, Config: { Labels: { a: "1" } }, Mounts: [] },
    "/images/lib/base:1/json": { Id: "sha256:1", RepoTags: ["lib/base:1"] },
    "/volumes/v1": { Name: "v1", Mountpoint: "/m" },
  };

  it("finds whatever has the name, in an array with the documents' own order", async () => {
    const { stdout, status } = await runCli(["inspect", "web", "lib/base:1", "v1"], { documents });
    expect(status).toBe(0);
    expect(stdout).toBe(`${JSON.stringify(Object.values(documents), null, 4)}\n`);
  });

  it("formats each", async () => {
    const format = async (text: string) => (await runCli(["inspect", "-f", text, "web"], { documents })).stdout;
    expect(await format("{{.State.Status}}")).toBe("running\n");
    expect(await format("{{json .State}} {{len .Mounts}}")).toBe('{"Status":"running"} 0\n');
    expect(await format('{{index .Config.Labels "a"}}{{index .Config.Labels "b"}}')).toBe("1\n");
    expect(await format("{{range $k, $v := .Config.Labels}}{{$k}}={{$v}}{{end}}")).toBe("a=1\n");
    expect((await runCli(["inspect", "--format", "{{.Nope}}", "web"], { documents })).status).toBe(1);
  });

  it("goes on where something is missing, and says so", async () => {
    const { stdout, stderr, status } = await runCli(["inspect", "nope", "v1"], { documents });
    expect([status, stderr]).toEqual([1, "docker: No such object: nope\n"]);
    expect(JSON.parse(stdout)).toEqual([documents["/volumes/v1"]]);
    expect((await runCli(["inspect", "nope"], { documents })).stdout).toBe("[]\n");
  });

  it.each([
    [["inspect", "--type", "volume", "web"], "/volumes/web"],
    [["container", "inspect", "-s", "v1"], "/containers/v1/json"],
    [["image", "inspect", "v1"], "/images/v1/json"],
    [["volume", "inspect", "web"], "/volumes/web"],
  ])("%j looks for one kind alone", async (argv, path) => {
    const run = await runCli(argv, { documents });
    expect(run.status).toBe(1);
    expect(run.engine.called("document").map((call) => call[1])).toEqual([path]);
  });

  it("refuses an unknown kind", async () => {
    expect(await runCli(["inspect", "--type", "cat", "x"])).toMatchObject({ status: 1, stdout: "" });
  });
});

describe("history", () => {
  const history = [
    {
      id: `sha256:${"a".repeat(64)}`,
      createdAt: "2024-05-01T11:00:00Z",
      createdBy: "sh -c\techo a very long command line that goes on",
      comment: "",
      tags: ["x:1"],
      size: 2_000_000,
    },
    { id: "<missing>", createdAt: "2024-04-01T00:00:00.000Z", createdBy: "", comment: "imported", tags: [], size: 0 },
  ];

  it("shows layers as Docker does", async () => {
    expect((await runCli(["history", "x"], { history })).stdout.split("\n").map((line) => line.split(/ {2,}/))).toEqual(
      [
        ["IMAGE", "CREATED", "CREATED BY", "SIZE", "COMMENT"],
        ["a".repeat(12), "About an hour ago", "sh -c echo a very long command line that goe…", "2MB", ""],
        ["<missing>", "4 weeks ago", "0B", "imported"],
        [""],
      ],
    );
    expect(
      (await runCli(["history", "-H=false", "--format", "{{.CreatedSince}} {{.Size}}", "x"], { history })).stdout,
    ).toBe("2024-05-01T11:00:00Z 2000000\n2024-04-01T00:00:00Z 0\n");
    expect((await runCli(["history", "-q", "--no-trunc", "x"], { history })).stdout).toBe(
      `${history[0]!.id}\n<missing>\n`,
    );
  });
});

describe("events", () => {
  const events = [
    {
      type: "container" as const,
      action: "die",
      id: "c1",
      attributes: { name: "web", exitCode: "3", image: "base" },
      time: 1_714_564_800_123_456_789n,
    },
    { type: "volume" as const, action: "create", id: "v1", attributes: {}, time: 1_714_564_800_000_000_000n },
  ];

  it("are told one a line", async () => {
    expect((await runCli(["events"], { events })).stdout).toBe(
      "2024-05-01T12:00:00.123456789Z container die c1 (exitCode=3, image=base, name=web)\n" +
        "2024-05-01T12:00:00.000000000Z volume create v1\n",
    );
  });

  it("are asked for by time and filters", async () => {
    const { engine } = await runCli([
      "events",
      "--since",
      "1m",
      "--until",
      "0s",
      "-f",
      "type=container",
      "-f",
      "event=die",
    ]);
    const now = BigInt(Date.parse("2024-05-01T12:00:00Z")) * 1_000_000n;
    expect(engine.called("subscribe")).toEqual([
      ["subscribe", { since: now - 60_000_000_000n, until: now, filters: { type: ["container"], event: ["die"] } }],
    ]);
  });

  it("are formatted by Go's names, and as JSON by the API's with every digit", async () => {
    const format = async (text: string) =>
      (await runCli(["events", "--format", text], { events: events.slice(0, 1) })).stdout;
    expect(await format("{{.Type}} {{.Action}} {{.Actor.ID}} {{.Actor.Attributes.name}} {{.TimeNano}}")).toBe(
      "container die c1 web 1714564800123456789\n",
    );
    const text = await format("{{json .}}");
    expect(JSON.parse(text)).toMatchObject({
      status: "die",
      id: "c1",
      from: "base",
      Type: "container",
      scope: "local",
    });
    expect(text).toContain('"timeNano":1714564800123456789}');
    expect(await format("json")).toBe(text);
  });
});

describe("stats", () => {
  const usage = (total: number, memory: number) => ({
    cpu: { total, user: 0, system: 0, throttledPeriods: 0, periods: 0, throttledTime: 0 },
    memory: { usage: memory, limit: 4 * 1024 * 1024, stats: { total_inactive_file: 1024 * 1024 } },
    pids: { current: 3 },
    blkio: { readBytes: 1000, writeBytes: 0, readOperations: 0, writeOperations: 0 },
  });
  const stats = [
    {
      id: containerId,
      name: "web",
      read: {
        time: "",
        usage: usage(300, 2 * 1024 * 1024),
        systemCpu: 2000,
        onlineCpus: 2,
        network: { receivedBytes: 5, sentBytes: 6 },
      },
      previous: { time: "", usage: usage(200, 0), systemCpu: 1000, onlineCpus: 2 },
    },
  ];
  const listed = { containers: [{ id: containerId, name: "web" } as never], stats };

  it("shows what is used", async () => {
    const run = await runCli(["stats", "--no-stream"], listed);
    expect(run.stdout.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
      ["CONTAINER ID", "NAME", "CPU %", "MEM USAGE / LIMIT", "MEM %", "NET I/O", "BLOCK I/O", "PIDS"],
      ["c".repeat(12), "web", "20.00%", "1MiB / 4MiB", "25.00%", "5B / 6B", "1kB / 0B", "3"],
      [""],
    ]);
    expect(run.engine.called("stats")).toEqual([["stats", containerId, { stream: false }]]);
  });

  it("of a container that does not run is nothing", async () => {
    const idle = [{ id: containerId, name: "web", read: { time: "", systemCpu: 0, onlineCpus: 0 } }];
    const format = "{{.Container}} {{.CPUPerc}} {{.MemUsage}} {{.PIDs}}";
    const run = await runCli(["stats", "--no-stream", "--format", format, "web"], { stats: idle });
    expect(run.stdout).toBe("web 0.00% 0B / 0B 0\n");
  });

  it("goes on until the named containers are gone", async () => {
    const run = await runCli(["stats", "--format", "{{.Name}} {{.PIDs}}", "web"], listed);
    expect(run.stdout).toBe("web 3\n");
  });

  it("follows all containers until a signal", async () => {
    const call = startCli(["stats"], { ...listed, events: [] });
    await vi.waitFor(() => expect(call.engine.called("stats")).toHaveLength(1));
    expect(call.engine.called("subscribe")).toHaveLength(1);
    await call.done;
    expect(call.host.output.stdout).toContain("\u001B[H\u001B[2J");
  });
});

it("port lists what is published", async () => {
  const document = {
    NetworkSettings: {
      Ports: {
        "80/tcp": [
          { HostIp: "0.0.0.0", HostPort: "8080" },
          { HostIp: "::", HostPort: "8080" },
        ],
        "53/udp": null,
      },
    },
  };
  const documents = { "/containers/web/json": document, "/containers/bare/json": {} };
  expect((await runCli(["port", "web"], { documents })).stdout).toBe("80/tcp -> 0.0.0.0:8080\n80/tcp -> [::]:8080\n");
  expect((await runCli(["port", "web", "80"], { documents })).stdout).toBe("0.0.0.0:8080\n[::]:8080\n");
  expect(await runCli(["port", "web", "53/udp"], { documents })).toMatchObject({ status: 1, stdout: "" });
  expect(await runCli(["port", "bare"], { documents })).toMatchObject({ status: 0, stdout: "" });
});
