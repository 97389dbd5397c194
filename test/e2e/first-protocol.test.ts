import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";

import { DaemonProcess } from "../harness/daemon.ts";
import { type CallResult, checkout, temporaryRoots } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { leftBehind, machineState } from "../harness/machine-state.ts";
import { obstacle, titled } from "../harness/requirements.ts";
import { seedHelp } from "../harness/seed-help.ts";
import { Terminal } from "../harness/terminal.ts";

const reason = obstacle();
const noTerminal = obstacle("tmux");
const roots = inject("roots");

describe.skipIf(reason !== undefined)(titled("DOCKER=localhost:4242 docker", reason), () => {
  let daemon: DaemonProcess;
  let server: string;
  let before: ReadonlySet<string>;
  beforeAll(async () => {
    before = machineState(roots);
    daemon = await DaemonProcess.start(roots, ["rcli://127.0.0.1:0"]);
    server = daemon.addresses[0]!.replace("rcli://127.0.0.1", "localhost");
  });
  afterAll(async () => {
    const ids = docker(["ps", "-a", "-q"]).stdout.split("\n").filter(Boolean);
    if (ids.length > 0) docker(["rm", ...ids]);
    for (const image of ["seed-tree", "seed-commit"]) docker(["rmi", image]);
    await daemon[Symbol.asyncDispose]();
    expect(await leftBehind(roots, before)).toEqual([]);
  });

  function docker(args: readonly string[], input: string | Buffer = ""): CallResult {
    const env = { ...process.env, DOCKER: server };
    const call = spawnSync(join(checkout, "bin/docker"), args, { env, input, maxBuffer: 1e9, timeout: 60_000 });
    return { status: call.status ?? 255, stdout: call.stdout.toString(), stderr: call.stderr.toString() };
  }

  function output(args: readonly string[], input: string | Buffer = ""): string {
    const { status, stdout, stderr } = docker(args, input);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    return stdout;
  }

  /** Starts a container in the background; its id. */
  function start(...args: readonly string[]): string {
    const id = output(["run", ...args]);
    expect(id).toMatch(/^[0-9a-f]{8}\n$/);
    return id.trim();
  }

  test("help is the seed's list, byte for byte", () => {
    expect(output(["help"])).toBe(seedHelp);
    expect(output([])).toBe(seedHelp);
  });

  test("run, wait, logs, ps, diff, stop, start, rm do what they did", async () => {
    const id = start("-c", "the first", "busybox", "sh", "-c", "echo out; echo err >&2; touch /new; exit 3");
    expect(output(["wait", id])).toBe("3\n");
    expect(output(["logs", id])).toBe("out\nerr\n");
    expect(output(["diff", id])).toBe("A /new\n");
    const [heading, row] = output(["ps", "-a"]).split("\n");
    expect(heading).toMatch(/^ID +IMAGE +COMMAND +CREATED +STATUS +COMMENT$/);
    expect(row).toMatch(new RegExp(`^${id} +busybox +sh -c echo out; echo +\\S.* ago +Exit 3 +the first$`));
    expect(output(["start", id])).toBe(`${id}\n`);
    expect(output(["wait", id])).toBe("3\n");

    const sleeper = start("busybox", "sleep", "1000");
    expect(output(["ps"])).toMatch(new RegExp(`\n${sleeper} .* Up `));
    expect(output(["kill", sleeper])).toBe("");
    expect(output(["wait", sleeper])).toBe("137\n");
    expect(output(["rm", id, sleeper])).toBe("");
    expect(output(["ps", "-a", "-q"])).toBe("");
    expect(output(["wait", id])).toBe(`Error: No such container: ${id}\n`);
  });

  test("the standard input reaches the container to its end, and the output comes back whole", () => {
    const text = "line\n".repeat(100_000);
    expect(output(["run", "-a", "-i", "busybox", "cat"], text)).toBe(text);
    expect(output(["run", "-a", "-i", "busybox", "wc", "-c"], text).trim()).toBe(String(text.length));
  });

  test("put makes an image of a tarball, tar gives it back, commit keeps changes", () => {
    using directory = temporaryRoots();
    const tree = join(directory.dataRoot, "tree");
    mkdirSync(tree, { recursive: true });
    writeFileSync(join(tree, "payload"), "content");
    const busybox = join(tree, "busybox.tar");
    const made = start("busybox", "true");
    output(["wait", made]);
    const root = spawnSync(join(checkout, "bin/docker"), ["tar", made], {
      env: { ...process.env, DOCKER: server },
      input: "",
      maxBuffer: 1e9,
    }).stdout;
    writeFileSync(busybox, root);
    execFileSync("tar", ["-rf", busybox, "-C", tree, "payload"]);
    execFileSync("gzip", [busybox]);
    const archive = execFileSync("cat", [`${busybox}.gz`], { maxBuffer: 1e9 });
    const image = output(["put", "seed-tree"], archive).trim();
    expect(image).toMatch(/^seed-tree:[0-9a-f]{16}$/);
    expect(output(["run", "-a", image, "/bin/cat", "/payload"])).toBe("content");

    const changed = start("seed-tree", "/bin/sh", "-c", "echo more >> /payload");
    output(["wait", changed]);
    expect(output(["commit", changed, "seed-commit"])).toMatch(/^seed-commit:[0-9a-f]{16}\n$/);
    expect(output(["run", "-a", "seed-commit", "/bin/cat", "/payload"])).toBe("contentmore\n");
    expect(output(["run", "-a", "seed-tree", "/bin/cat", "/payload"])).toBe("content");
    expect(output(["images"])).toMatch(
      /^NAME +ID +CREATED +PARENT\n(.*\n)*seed-commit +seed-commit:.* ago +seed-tree:/,
    );
  });

  test("info is three lines; errors are lines of the output", () => {
    expect(output(["info"])).toMatch(/^containers: \d+\nversion: 0\.0\.1\nimages: \d+\n$/);
    expect(output(["run", "no-such-image", "x"])).toMatch(/^Error: No such image: no-such-image/);
    expect(output(["web", "-u"])).toContain("Error: the web terminal is off");
  });

  test("several clients are attached at once", async () => {
    const id = start("-i", "busybox", "sh", "-c", "read line; echo got $line");
    const calls = [attach(["attach", id]), attach(["attach", "-i", id])];
    await eventually(() => calls.every(({ connected }) => connected), Boolean);
    await new Promise((resolve) => setTimeout(resolve, 300));
    calls[1]!.socket.write("it\n");
    expect(await Promise.all(calls.map(({ answer }) => answer))).toEqual(["got it\n", "got it\n"]);
  });

  /** A raw client whose input stays open. */
  function attach(argv: readonly string[]) {
    const socket = connect({ host: "127.0.0.1", port: Number(server.split(":")[1]), allowHalfOpen: true });
    const call = { socket, connected: false, answer: Promise.resolve("") };
    call.answer = new Promise((resolve, reject) => {
      let text = "";
      socket.on("connect", () => (call.connected = true));
      socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
      socket.on("end", () => {
        socket.end();
        resolve(text);
      });
      socket.on("error", reject);
    });
    socket.write(`${JSON.stringify(argv)}\n`);
    return call;
  }

  test.skipIf(noTerminal !== undefined)(
    titled("run alone is a shell in base, on a terminal with job control", noTerminal),
    async () => {
      using terminal = new Terminal(["env", `DOCKER=${server}`, join(checkout, "bin/docker"), "run"]);
      expect(await terminal.shows(/[#$] $|[#$]$/)).toMatch(/[#$] ?$/);
      terminal.type("test -t 0 && echo a$((1+1))b", "Enter");
      expect(await terminal.shows(/^a2b$/m)).toContain("a2b");
      terminal.type("sleep 1000", "Enter");
      terminal.type("", "C-c");
      terminal.type("echo status $?", "Enter");
      expect(await terminal.shows(/^status 130$/m)).toContain("status 130");
      terminal.type("exit", "Enter");
      expect(await terminal.shows(/status=0/)).toContain("status=0");
    },
  );

  test("a server that is not there is told in the words of 2013", () => {
    server = "localhost:1";
    const call = docker(["ps"]);
    server = daemon.addresses[0]!.replace("rcli://", "");
    expect(call).toEqual({
      status: 1,
      stdout: "",
      stderr: "Can't connect. Please set environment variable DOCKER to ip:port, eg. 'localhost:4242'.\n",
    });
  });
});
