import type { Duplex } from "node:stream";

import { describe, expect, test } from "vitest";

import { dataOf } from "../harness/api-client.ts";
import { eventually } from "../harness/eventually.ts";
import { obstacle, titled } from "../harness/requirements.ts";
import { Terminal } from "../harness/terminal.ts";
import { seedDaemon } from "./seed-daemon.ts";

const reason = obstacle();
const noTmux = obstacle("tmux");

/** What has come of an attached stream so far. */
class Received {
  text = "";
  readonly ended: Promise<void>;

  constructor(stream: AsyncIterable<unknown>) {
    this.ended = this.#read(stream);
  }

  async shows(pattern: RegExp): Promise<void> {
    await eventually(
      () => this.text,
      (text) => pattern.test(text),
      30_000,
    );
    expect(this.text).toMatch(pattern);
  }

  async #read(stream: AsyncIterable<unknown>): Promise<void> {
    for await (const chunk of stream) this.text += String(chunk);
  }
}

describe.skipIf(reason !== undefined)(titled("streams", reason), () => {
  const daemon = seedDaemon();
  const create = async (body: object) =>
    (await daemon().api.post<{ Id: string }>("/containers/create", { ...body, HostConfig: { NetworkMode: "none" } }))
      .Id;
  const attach = (id: string, streams: string): Promise<Duplex> =>
    daemon().api.hijack(`/containers/${id}/attach?stream=1&${streams}`);

  test("S27 operation attach: several clients at once; input reaches the process, its end ends it", async () => {
    const script = 'while read -r line; do echo "out $line"; echo "err $line" >&2; done; echo "end"; exit 11';
    const id = await create({ Image: "busybox", Cmd: ["sh", "-c", script], OpenStdin: true, StdinOnce: true });
    const writer = await attach(id, "stdin=1&stdout=1&stderr=1");
    const reader = await attach(id, "stdout=1&stderr=1");
    const errors = await attach(id, "stderr=1");
    await daemon().api.post(`/containers/${id}/start`);
    const all = [new Received(dataOf(writer)), new Received(dataOf(reader))];
    const failures = new Received(dataOf(errors));
    writer.write("one\n");
    for (const client of all) await client.shows(/out one\n[^]*err one\n|err one\n[^]*out one\n/);
    // One that leaves disturbs nobody.
    reader.destroy();
    await all[1]!.ended.catch(() => {});
    writer.write("two\n");
    await all[0]!.shows(/out two/);
    writer.end("three\n");
    await all[0]!.shows(/end\n/);
    await all[0]!.ended;
    await failures.ended;
    expect(failures.text).toBe("err one\nerr two\nerr three\n");
    expect(await daemon().print("wait", id)).toBe("11\n");
  });

  test("S27 operation attach: docker attach joins a container that runs", async () => {
    const id = (
      await daemon().print(
        "run",
        "-d",
        "-i",
        "--network",
        "none",
        "busybox",
        "sh",
        "-c",
        "read -r line; echo got $line; exit 6",
      )
    ).trim();
    expect(await daemon().docker(["attach", id], { stdin: "hello\n" })).toMatchObject({
      status: 6,
      stdout: "got hello\n",
      stderr: "",
    });
  });

  test("S42 environment, pseudo-terminal: a real one, whose size follows, and ^C ends the foreground job alone", async () => {
    const id = await create({
      Image: "base",
      Cmd: ["bash", "--norc", "-i"],
      Tty: true,
      OpenStdin: true,
      Env: ["PS1=ready> ", "TERM=xterm"],
    });
    const terminal = await attach(id, "stdin=1&stdout=1&stderr=1");
    await daemon().api.post(`/containers/${id}/start`);
    await daemon().api.call("POST", `/containers/${id}/resize?h=24&w=80`);
    const shown = new Received(terminal);
    await shown.shows(/ready> $/);
    terminal.write("test -t 0 && test -t 1 && test -t 2 && echo is-a-$((1))-terminal; tty; stty size\n");
    await shown.shows(/is-a-1-terminal\r\n\/dev\/pts\/\d+\r\n24 80\r\n/);
    await daemon().api.call("POST", `/containers/${id}/resize?h=33&w=101`);
    terminal.write("stty size\n");
    await shown.shows(/33 101\r\n/);
    terminal.write("sleep 1000; echo after-$?\n");
    const jobs = async () =>
      (await daemon().api.get<{ Processes: string[][] }>(`/containers/${id}/top`)).Processes.map((row) => row.at(-1));
    expect(await eventually(jobs, (list) => list.includes("sleep 1000"), 30_000)).toContain("sleep 1000");
    terminal.write("\u0003");
    terminal.write("echo status-$?\n");
    await shown.shows(/status-130\r\n/);
    expect(await jobs()).toEqual(["bash --norc -i"]);
    terminal.write("exit 5\n");
    await shown.ended;
    expect(await daemon().print("wait", id)).toBe("5\n");
  });

  test.skipIf(noTmux !== undefined)(
    titled(
      "S17 interactive shell: run with no command is a throwaway bash with job control, ^C, window size and colours; attach joins one",
      noTmux,
    ),
    async () => {
      const { client, environment } = daemon();
      const docker = (...args: string[]) => ["env", `DOCKER_HOST=${environment["DOCKER_HOST"]}`, client, ...args];
      using shell = new Terminal(docker("run", "-it", "--rm", "--network", "none", "--name", "throwaway", "base"));
      const expectShown = async (terminal: Terminal, pattern: RegExp) =>
        expect(await terminal.shows(pattern)).toMatch(pattern);
      await expectShown(shell, /#$/);
      shell.type('echo "$BASH_VERSION" in a $((40 + 2))', "Enter");
      await expectShown(shell, /release in a 42/);
      shell.type("sleep 1000", "Enter");
      await shell.shows(/sleep 1000/);
      shell.type("", "C-z");
      await expectShown(shell, /Stopped +sleep 1000/);
      shell.type("fg", "Enter");
      await shell.shows(/fg\nsleep 1000/);
      shell.type("", "C-c");
      shell.type("echo interrupted: $?", "Enter");
      await expectShown(shell, /interrupted: 130/);
      shell.resize({ columns: 90, rows: 30 });
      shell.type("", "C-l");
      await shell.shows(/^\S*#$/);
      shell.type(String.raw`stty size; printf '\033[31mred\033[0m\n'`, "Enter");
      await expectShown(shell, /^30 90\nred$/m);
      expect(shell.screen({ colours: true })).toContain("\u001b[31mred");
      {
        using other = new Terminal(docker("attach", "throwaway"), { columns: 90, rows: 30 });
        other.type("echo from $((50 + 1))", "Enter");
        await expectShown(other, /from 51/);
        await expectShown(shell, /from 51/);
        other.type("", "C-p", "C-q");
        await expectShown(other, /status=[01]/);
      }
      shell.type("exit 9", "Enter");
      await expectShown(shell, /status=9/);
      const left = () => daemon().print("ps", "-aq");
      expect(await eventually(left, (text) => text === "", 30_000)).toBe("");
    },
  );
});
