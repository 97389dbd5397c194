import { describe, expect, it } from "vitest";

import { commandTable } from "../src/light.ts";
import { runCli } from "./support/run-cli.ts";

describe("help", () => {
  it("lists every command and global option in two columns", async () => {
    const { status, stdout, connections } = await runCli(["--help"]);
    expect(status).toBe(0);
    expect(connections).toBe(0);
    const plain = commandTable.filter(({ path }) => path.length === 1);
    for (const { path, summary } of plain) expect(stdout).toContain(`\n  ${path[0]!.padEnd(12)}${summary}\n`);
    expect(stdout).toMatch(/^Common Commands:\n {2}run {9}Create/m);
    expect(stdout).toMatch(/^Management Commands:\n {2}container {3}Manage containers\n/m);
    expect(stdout).toMatch(/^ {6}--data-root string {3}Directory/m);
    expect(stdout).toMatch(/^ {2}-D, --debug {14}/m);
  });

  it("is shown for no words, for help and for -h", async () => {
    const page = (await runCli(["--help"])).stdout;
    for (const words of [[], ["help"], ["-h"], ["--debug"]]) expect((await runCli(words)).stdout).toBe(page);
  });

  it.each(commandTable.map((entry) => entry.path.join(" ")))("of %s is complete and needs no engine", async (name) => {
    const words = name.split(" ");
    const { status, stdout, stderr, connections } = await runCli([...words, "--help"]);
    expect({ status, stderr, connections }).toEqual({ status: 0, stderr: "", connections: 0 });
    const entry = commandTable.find(({ path }) => path.join(" ") === name)!;
    const command = await entry.load({ connect: () => Promise.reject(new Error("none")) });
    expect(command).toMatchObject({ path: entry.path, summary: entry.summary });
    expect(command.aliases ?? []).toEqual(entry.aliases ?? []);
    expect(stdout.startsWith(`Usage:  docker ${name}`)).toBe(true);
    expect(stdout).toContain(`\n\n${entry.summary}\n`);
    for (const option of command.options) expect(stdout).toContain(` --${option.name}`);
    for (const line of stdout.split("Options:\n")[1]?.split("\n") ?? []) expect(line.length).toBeLessThanOrEqual(80);
    expect((await runCli(["help", ...words])).stdout).toBe(stdout);
  });

  it("of run reads as Docker's", async () => {
    const { stdout } = await runCli(["run", "--help"]);
    expect(stdout).toContain("\nAliases:\n  docker container run, docker run\n\nOptions:\n");
    expect(stdout).toMatch(/^ {2}-m, --memory bytes {21}Memory limit$/m);
    expect(stdout).toMatch(/^ {6}--rm {31}Automatically remove the container and$/m);
    expect(stdout).toMatch(/^ {6}--sig-proxy {24}Proxy received signals to the process$\n {41}\(default true\)$/m);
  });

  it("of a group lists its commands", async () => {
    const { stdout } = await runCli(["container"]);
    expect(stdout).toMatch(/^Usage: {2}docker container COMMAND$/m);
    expect(stdout).toMatch(/^ {2}ls {10}List containers$/m);
    expect(stdout).toMatch(/^ {2}prune {7}Remove all stopped containers$/m);
    expect((await runCli(["container", "--help"])).stdout).toBe(stdout);
    expect((await runCli(["help", "container"])).stdout).toBe(stdout);
  });
});

describe("calls that are not understood", () => {
  it.each([
    [["foo"], 1, "docker: unknown command: docker foo\n\nRun 'docker --help' for more information\n"],
    [
      ["container", "foo"],
      1,
      "docker: unknown command: docker container foo\n\nRun 'docker --help' for more information\n",
    ],
    [["--foo"], 125, "docker: unknown flag: --foo\n\nRun 'docker --help' for more information\n"],
    [["help", "foo"], 1, "docker: unknown help topic: foo\n\nRun 'docker --help' for more information\n"],
    [["run", "--foo", "x"], 125, "docker: unknown flag: --foo\nSee 'docker run --help'.\n"],
    [
      ["run", "-m", "x", "y"],
      125,
      "docker: invalid argument \"x\" for \"-m, --memory\" flag: invalid size: 'x'\nSee 'docker run --help'.\n",
    ],
    [["ps", "x"], 1, "docker: 'docker ps' accepts no arguments\nSee 'docker ps --help'.\n"],
    [["rm"], 1, "docker: 'docker rm' requires at least 1 argument\nSee 'docker rm --help'.\n"],
    [["logs"], 1, "docker: 'docker logs' requires 1 argument\nSee 'docker logs --help'.\n"],
    [["images", "a", "b"], 1, "docker: 'docker images' requires at most 1 argument\nSee 'docker images --help'.\n"],
    [
      ["ps", "-n", "x"],
      125,
      'docker: invalid argument "x" for "-n, --last" flag: strconv.ParseInt: parsing "x": invalid syntax\nSee \'docker ps --help\'.\n',
    ],
  ])("%j", async (argv, status, stderr) => {
    const run = await runCli(argv);
    expect(run).toMatchObject({ status, stderr, stdout: "", connections: 0 });
  });
});

it("finds a command by its alias", async () => {
  expect((await runCli(["container", "ls", "-q"], { documents: { "/containers/json": [] } })).status).toBe(0);
});

it("prints the version", async () => {
  expect((await runCli(["--version"])).stdout).toBe("Docker version 9.9.9, Gantry\n");
});

it("prints an error in one line, and where it came from with --debug", async () => {
  const errors = { document: new Error("broken") };
  expect(await runCli(["ps"], { errors })).toMatchObject({ status: 1, stderr: "docker: broken\n" });
  expect((await runCli(["-D", "ps"], { errors })).stderr).toMatch(/^docker: broken\nError: broken\n +at /);
});

it("ends silently when its output is closed", async () => {
  const errors = { document: Object.assign(new Error("write EPIPE"), { code: "EPIPE" }) };
  expect(await runCli(["ps"], { errors })).toMatchObject({ status: 141, stderr: "" });
});
