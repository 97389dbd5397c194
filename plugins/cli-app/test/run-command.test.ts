import { EngineError } from "@gantry/core";
import type { CreateContainer } from "@gantry/engine";
import { describe, expect, it, vi } from "vitest";

import { runCli, startCli } from "./support/run-cli.ts";

const id = "c".repeat(64);
const terminal = { terminal: { stdin: true, stdout: true, stderr: true } };

function created(run: { engine: { called(method: string): (readonly unknown[])[] } }): CreateContainer {
  return run.engine.called("create")[0]![1] as CreateContainer;
}

describe("what is created", () => {
  it("has the values of all options", async () => {
    const call = startCli(
      [
        ..."run --name n --rm -e A=b -e HOME -e GONE -w /w -u 1:2 --entrypoint sh -m 32m --memory-swap -1".split(" "),
        ..."--cpus 0.5 --cpu-shares 512 --cpuset-cpus 0-1 --pids-limit 16 -h host --read-only -v ./d:/d:ro".split(" "),
        ..."-v ../e:/e -v vol:/v --tmpfs /run:size=1m --network host --cap-add SYS_TIME --cap-drop ALL".split(" "),
        ..."--privileged --security-opt seccomp=unconfined --ulimit nofile=5:6 --sysctl a.b=1".split(" "),
        ..."--shm-size 1g -l x=y --label z --log-driver json-file --log-opt max-size=1m --log-opt max-file=2".split(
          " ",
        ),
        ..."--stop-signal INT --stop-timeout 3 --group-add 7 --oom-score-adj 9 image:tag -c --rm".split(" "),
      ],
      {},
      { environment: { HOME: "/root" } },
    );
    const run = await call.done;
    expect(run).toMatchObject({ status: 0, stderr: "" });
    expect(created(run)).toEqual({
      name: "n",
      config: {
        image: "image:tag",
        command: ["-c", "--rm"],
        entrypoint: ["sh"],
        env: ["A=b", "HOME=/root"],
        labels: { x: "y", z: "" },
        terminal: false,
        openStdin: false,
        stdinOnce: false,
        workingDirectory: "/w",
        user: "1:2",
        hostname: "host",
        stopSignal: "INT",
        stopTimeout: 3,
      },
      hostConfig: {
        resources: {
          memory: 33_554_432,
          memorySwap: -1,
          nanoCpus: 500_000_000,
          cpuShares: 512,
          cpusetCpus: "0-1",
          pids: 16,
        },
        binds: ["/home/user/d:/d:ro", "/home/e:/e", "vol:/v"],
        tmpfs: { "/run": "size=1m" },
        networkMode: "host",
        readonlyRoot: true,
        autoRemove: true,
        privileged: true,
        capabilitiesAdd: ["SYS_TIME"],
        capabilitiesDrop: ["ALL"],
        securityOptions: ["seccomp=unconfined"],
        groupAdd: ["7"],
        ulimits: [{ name: "nofile", soft: 5, hard: 6 }],
        sysctls: { "a.b": "1" },
        shmSize: 1_073_741_824,
        oomScoreAdj: 9,
        logDriver: { name: "json-file", options: { "max-size": "1m", "max-file": "2" } },
      },
    });
  });

  it("leaves everything else to the engine", async () => {
    const { config, hostConfig } = created(await runCli(["run", "image"]));
    expect(config).not.toHaveProperty("command");
    expect(config).not.toHaveProperty("entrypoint");
    expect(hostConfig).not.toHaveProperty("shmSize");
    expect(hostConfig).not.toHaveProperty("logDriver");
    expect(hostConfig?.resources).toEqual({});
    expect(hostConfig).not.toHaveProperty("networkMode");
  });

  it("is base without an image, and an empty entry point removes the image's", async () => {
    expect(created(await runCli(["run"])).config).toMatchObject({ image: "base" });
    expect(created(await runCli(["run", "--entrypoint=", "x"])).config.entrypoint).toEqual([]);
  });

  it("has mounts, a restart policy, an init and a health check", async () => {
    const call = startCli([
      ..."run --mount type=bind,src=./d,dst=/d,readonly --mount source=vol,target=/v,volume-nocopy".split(" "),
      ..."--mount type=tmpfs,target=/t,tmpfs-size=1m,tmpfs-mode=1770 --restart on-failure:3 --init".split(" "),
      "--health-cmd",
      "test -f /ok",
      ..."--health-interval 1m30s --health-retries 5 --label-file labels --domainname d --blkio-weight 20 x".split(" "),
    ]);
    call.host.disk.set("labels", "# no\na=1\n\nb\n");
    const { config, hostConfig } = created(await call.done);
    expect(config).toMatchObject({
      labels: { a: "1", b: "" },
      domainname: "d",
      healthcheck: { test: ["CMD-SHELL", "test -f /ok"], interval: 90e9, retries: 5 },
    });
    expect(hostConfig).toMatchObject({
      binds: ["/home/user/d:/d:ro", "vol:/v:nocopy"],
      tmpfs: { "/t": "size=1m,mode=1770" },
      restartPolicy: { name: "on-failure", maximumRetryCount: 3 },
      init: true,
      resources: { blkioWeight: 20 },
    });
    const none = created(await runCli(["run", "--no-healthcheck", "x"])).config.healthcheck;
    expect(none).toEqual({ test: ["NONE"] });
    expect(await runCli(["run", "--no-healthcheck", "--health-cmd", "x", "y"])).toMatchObject({ status: 125 });
  });

  it("refuses a file of variables that is not there", async () => {
    expect(await runCli(["run", "--env-file", "vars", "x"])).toMatchObject({
      status: 125,
      connections: 0,
      stderr: "docker: ENOENT: no such file or directory, open 'vars'\n",
    });
  });

  it("takes variables of files first", async () => {
    const call = startCli(["run", "--env-file", "vars", "-e", "A=2", "x"]);
    call.host.disk.set("vars", "A=1\n# no\nB=3\n");
    expect(created(await call.done).config.env).toEqual(["A=1", "B=3", "A=2"]);
  });
});

describe("streams", () => {
  it("are those of a shell for no command on a terminal", async () => {
    const run = await runCli(["run", "base"], { terminal: true }, terminal);
    expect(created(run).config).toMatchObject({ terminal: true, openStdin: true, stdinOnce: true });
    expect(created(run).hostConfig?.consoleSize).toEqual({ rows: 24, columns: 80 });
    expect(run.host.raw).toEqual([true, false]);
  });

  it.each([
    [["run", "base"], { terminal: { stdin: false, stdout: true } }],
    [["run", "base"], { terminal: { stdin: true, stdout: false } }],
    [["run", "-d", "base"], terminal],
    [["run", "-a", "stdout", "base"], terminal],
    [["run", "base", "ls"], terminal],
  ])("are plain for %j", async (argv, options) => {
    expect(created(await runCli(argv, {}, options)).config).toMatchObject({ terminal: false, openStdin: false });
  });

  it("carry output to where it belongs, and input with its end", async () => {
    const script = { output: [["stdout", "out"] as const, ["stderr", "err"] as const], exitCode: 3, hold: true };
    const call = startCli(["run", "-i", "x", "cat"], script, { input: ["one", "two"] });
    await vi.waitFor(() => expect(call.engine.input).toEqual(["one", "two", "EOF"]));
    call.engine.finish();
    expect(await call.done).toMatchObject({ status: 3, stdout: "out", stderr: "err" });
  });

  it("send no input without -i", async () => {
    expect((await runCli(["run", "x", "cat"], {}, { input: ["one"] })).engine.input).toEqual([]);
  });

  it("are only those that -a names", async () => {
    const output = [["stdout", "out"] as const, ["stderr", "err"] as const];
    expect(await runCli(["run", "-a", "stderr", "x"], { output, exitCode: 4 })).toMatchObject({
      status: 4,
      stdout: "",
      stderr: "err",
    });
    const input = await runCli(["run", "-i", "-a", "STDIN", "x"], { output, hold: true }, { input: ["data"] });
    expect(input).toMatchObject({ status: 0, stdout: `${id}\n`, stderr: "" });
    expect(input.engine.input).toEqual(["data", "EOF"]);
  });

  it("follow the terminal's size", async () => {
    const call = startCli(["run", "-t", "x", "sh"], { terminal: true, hold: true }, terminal);
    await vi.waitFor(() => expect(call.engine.called("resize")).toEqual([["resize", id, { rows: 24, columns: 80 }]]));
    call.host.resize(50, 100);
    await vi.waitFor(() => expect(call.engine.called("resize")[1]).toEqual(["resize", id, { rows: 50, columns: 100 }]));
    call.engine.finish();
    await call.done;
    call.host.resize(1, 1);
    expect(call.engine.called("resize")).toHaveLength(2);
  });

  it("are left by ctrl-p ctrl-q, which the container does not see", async () => {
    const options = { ...terminal, input: ["a\u0010", "b\u0010\u0010\u0011rest"], hold: true };
    const run = await runCli(["run", "-it", "x", "sh"], { terminal: true, hold: true, exitCode: 9 }, options);
    expect(run.status).toBe(0);
    expect(run.engine.input).toEqual(["a", "\u0010b\u0010"]);
    expect(run.host.raw).toEqual([true, false]);
    expect(run.engine.called("close")).toHaveLength(1);
  });

  it("know no detach keys without a terminal", async () => {
    const run = await runCli(["run", "-i", "x", "cat"], { hold: false }, { input: ["\u0010\u0011"] });
    expect(run.engine.input).toEqual(["\u0010\u0011", "EOF"]);
  });
});

describe("signals", () => {
  it("are passed on", async () => {
    const call = startCli(["run", "x", "sleep"], { hold: true, exitCode: 130 });
    await vi.waitFor(() => expect(call.engine.called("start")).toHaveLength(1));
    call.host.signal("SIGINT");
    call.host.signal("SIGUSR1");
    call.engine.finish();
    expect((await call.done).status).toBe(130);
    expect(call.engine.called("kill")).toEqual([
      ["kill", id, "SIGINT"],
      ["kill", id, "SIGUSR1"],
    ]);
    call.host.signal("SIGINT");
    expect(call.engine.called("kill")).toHaveLength(2);
  });

  it("are not with --sig-proxy=false", async () => {
    const call = startCli(["run", "--sig-proxy=false", "x"], { hold: true });
    await vi.waitFor(() => expect(call.engine.called("start")).toHaveLength(1));
    call.host.signal("SIGINT");
    call.engine.finish();
    await call.done;
    expect(call.engine.called("kill")).toEqual([]);
  });

  it("end the call at the third, when the container does not react", async () => {
    const call = startCli(["run", "x", "sleep"], { hold: true });
    await vi.waitFor(() => expect(call.engine.called("start")).toHaveLength(1));
    for (const name of ["SIGINT", "SIGTERM", "SIGINT"]) call.host.signal(name);
    expect((await call.done).status).toBe(1);
  });

  it("break a pull off", async () => {
    const call = startCli(["run", "x"], { present: [], holdPull: true });
    await vi.waitFor(() => expect(call.engine.called("pull")).toHaveLength(1));
    call.host.signal("SIGINT");
    expect(await call.done).toMatchObject({ status: 130, stdout: "" });
    expect(call.engine.called("create")).toEqual([]);
  });
});

describe("a detached run", () => {
  it("prints the id and waits for nothing", async () => {
    const run = await runCli(["run", "-d", "x", "sleep", "9"], { hold: true });
    expect(run).toMatchObject({ status: 0, stdout: `${id}\n`, stderr: "" });
    expect(run.engine.called("attach")).toEqual([]);
  });

  it("refuses -a", async () => {
    expect(await runCli(["run", "-d", "-a", "stdout", "x"])).toMatchObject({
      status: 125,
      connections: 0,
      stderr: "docker: conflicting options: cannot specify both --attach and --detach\nSee 'docker run --help'.\n",
    });
  });
});

describe("the order of calls", () => {
  it("asks for the streams and the exit before the start", async () => {
    const { engine } = await runCli(["run", "--rm", "x", "true"]);
    const order = engine.calls.map(([method]) => method);
    expect(order).toEqual(["has", "create", "attach", "wait", "start", "close"]);
    expect(engine.called("wait")).toEqual([["wait", id, "removed"]]);
    expect((await runCli(["run", "x"])).engine.called("wait")).toEqual([["wait", id, "next-exit"]]);
  });
});

describe("images", () => {
  it("that are missing are pulled, with one line for each new status", async () => {
    const run = await runCli(["run", "x"], { present: [] });
    expect(run.engine.called("pull")).toEqual([["pull", "x"]]);
    expect(run.stderr).toBe("Unable to find image 'x' locally\nlayer: Downloading\nlayer: Done\nDigest: sha256:2\n");
  });

  it("that no source has are an error of one line", async () => {
    const errors = { pull: new EngineError("not-found", "No such image: x:latest") };
    expect(await runCli(["run", "x"], { present: [], errors })).toMatchObject({
      status: 125,
      stderr: "docker: No such image: x:latest\n",
    });
  });

  it("are drawn over on a terminal", async () => {
    const run = await runCli(["run", "x"], { present: [] }, { terminal: { stderr: true } });
    expect(run.stderr).toBe(
      "Unable to find image 'x' locally\nlayer: Downloading 1B/2B\n" +
        "\u001B[1A\r\u001B[2Klayer: Downloading 2B/2B\u001B[1B\r\u001B[1A\r\u001B[2Klayer: Done\u001B[1B\rDigest: sha256:2\n",
    );
  });

  it("are pulled as --pull says, silently with --quiet", async () => {
    expect((await runCli(["run", "--pull", "always", "x"])).engine.called("pull")).toHaveLength(1);
    expect((await runCli(["run", "x"], { present: ["x"] })).engine.called("pull")).toHaveLength(0);
    expect((await runCli(["run", "--pull=never", "x"], { present: [] })).engine.called("pull")).toHaveLength(0);
    expect(await runCli(["run", "-q", "x"], { present: [] })).toMatchObject({ status: 0, stderr: "" });
    expect((await runCli(["run", "--pull", "foo", "x"])).stderr).toContain("invalid pull option: 'foo'");
  });
});

describe("a cidfile", () => {
  it("gets the id", async () => {
    expect((await runCli(["run", "--cidfile", "f", "x"])).host.disk.get("f")).toBe(id);
  });

  it("that exists is refused before anything is created", async () => {
    const call = startCli(["run", "--cidfile", "f", "x"]);
    call.host.disk.set("f", "old");
    const run = await call.done;
    expect(run.status).toBe(125);
    expect(run.stderr).toMatch(/^docker: container ID file found, make sure .* or delete f\n/);
    expect(run.engine.called("create")).toEqual([]);
    expect(run.host.disk.get("f")).toBe("old");
  });
});

describe("failures", () => {
  it.each([
    ["executable-not-found", 127],
    ["executable-not-permitted", 126],
    ["something-else", 125],
  ])("of the start with %s give %d", async (reason, status) => {
    const error = new EngineError("not-found", 'exec: "nope": executable file not found in $PATH', {
      details: { reason },
    });
    const run = await runCli(["run", "x", "nope"], { errors: { start: error }, hold: true });
    expect(run).toMatchObject({ status, stderr: `docker: ${error.message}\n` });
    expect(run.engine.called("close")).toHaveLength(1);
    expect(run.engine.called("remove")).toEqual([]);
  });

  it("of the start remove the container that was to be removed anyway", async () => {
    const run = await runCli(["run", "--rm", "x"], { errors: { start: new Error("no") }, hold: true });
    expect(run.engine.called("remove")).toEqual([["remove", id, { force: true, volumes: true }]]);
  });

  it("of anything else give 125", async () => {
    const errors = { create: new EngineError("not-found", "No such image: x:latest") };
    expect(await runCli(["run", "--pull=never", "x"], { errors })).toMatchObject({
      status: 125,
      stderr: "docker: No such image: x:latest\n",
    });
  });

  it("restore the terminal", async () => {
    const run = await runCli(
      ["run", "-it", "x"],
      { errors: { start: new Error("no") }, terminal: true, hold: true },
      terminal,
    );
    expect(run.host.raw).toEqual([true, false]);
  });

  it("print warnings and go on", async () => {
    const run = await runCli(["run", "-d", "x"], { warnings: ["no swap limit\u001B[31m"] });
    expect(run).toMatchObject({ status: 0, stderr: "WARNING: no swap limit\\u001b[31m\n" });
  });

  it("refuse a terminal for input that is none", async () => {
    const run = await runCli(["run", "-it", "x"]);
    expect(run).toMatchObject({ status: 1, connections: 0 });
    expect(run.stderr).toMatch(/^docker: the input device is not a TTY/);
  });

  it.each([
    [["--mount", "type=cat,target=/x"], `"type=cat,target=/x" for "--mount" flag: mount type 'cat' is not known`],
    [["--restart", "sometimes"], '"sometimes" for "--restart" flag: invalid restart policy format'],
    [["--health-interval", "x"], '"x" for "--health-interval" flag: time: invalid duration "x"'],
    [["-e", "="], '"=" for "-e, --env" flag: invalid environment variable: ='],
    [["-l", "="], '"=" for "-l, --label" flag: invalid label \'=\': empty name'],
    [["--cpus", "x"], '"x" for "--cpus" flag: failed to parse x as a rational number'],
    [["--ulimit", "x"], '"x" for "--ulimit" flag: invalid ulimit argument: x'],
    [["-a", "x"], '"x" for "-a, --attach" flag: valid streams are STDIN, STDOUT and STDERR'],
    [["--pids-limit", "x"], '"x" for "--pids-limit" flag: strconv.ParseInt'],
  ])("name the option: %j", async (argv, message) => {
    const run = await runCli(["run", ...argv, "x"]);
    expect(run).toMatchObject({ status: 125, connections: 0, stdout: "" });
    expect(run.stderr).toContain(`docker: invalid argument ${message}`);
  });
});
