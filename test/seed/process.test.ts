import { once } from "node:events";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { framesOf } from "../harness/api-client.ts";
import { eventually } from "../harness/eventually.ts";
import { obstacle, titled } from "../harness/requirements.ts";
import { seedDaemon } from "./seed-daemon.ts";

const reason = obstacle();

interface Inspection {
  Id: string;
  State: { Status: string; Running: boolean; Pid: number; ExitCode: number; StartedAt: string; FinishedAt: string };
}

describe.skipIf(reason !== undefined)(titled("processes", reason), () => {
  const daemon = seedDaemon();
  const inspect = (name: string) => daemon().api.get<Inspection>(`/containers/${name}/json`);
  async function logs(name: string): Promise<string> {
    const response = await daemon().api.open("GET", `/containers/${name}/logs?stdout=1&stderr=1`);
    let text = "";
    for await (const { data } of framesOf(response)) text += data.toString();
    return text;
  }
  const run = (name: string, script: string, ...flags: string[]) =>
    daemon().print("run", "-d", "--network", "none", "--name", name, ...flags, "busybox", "sh", "-c", script);

  /** Waits until a container has printed a line. */
  async function printed(name: string, line: string): Promise<void> {
    const lines = () => logs(name).then((text) => text.split("\n"));
    expect(await eventually(lines, (all) => all.includes(line), 30_000)).toContain(line);
  }

  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "gantry-seed-"));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  test("S01 process manager: run, ps, stop, start, restart; the list outlives the daemon and the process notices nothing", async () => {
    const id = await daemon().print("run", "-d", "--network", "none", "--name", "job", "base", "sleep", "99");
    expect(id).toMatch(/^[0-9a-f]{64}\n$/);
    const listed = (...flags: string[]) =>
      daemon().print("ps", ...flags, "--no-trunc", "--format", "{{.ID}} {{.Status}}");
    expect(await listed()).toMatch(new RegExp(`^${id.trim()} Up .*\n$`));
    const { State: first } = await inspect("job");

    await daemon().end("SIGKILL");
    expect(readlinkSync(`/proc/${first.Pid}/exe`)).toMatch(/sleep$/);
    await daemon().startAgain();
    expect((await inspect("job")).State).toMatchObject({ Running: true, Pid: first.Pid, StartedAt: first.StartedAt });

    expect(await daemon().print("stop", "-t", "0", "job")).toBe("job\n");
    expect(await listed()).toBe("");
    expect(await listed("-a")).toMatch(new RegExp(`^${id.trim()} Exited \\(137\\) .*\n$`));
    expect(existsSync(`/proc/${first.Pid}`)).toBe(false);

    expect(await daemon().print("start", "job")).toBe("job\n");
    const { State: second } = await inspect("job");
    expect(readlinkSync(`/proc/${second.Pid}/exe`)).toMatch(/sleep$/);
    expect(await daemon().print("restart", "-t", "0", "job")).toBe("job\n");
    const { State: third } = await inspect("job");
    expect(third).toMatchObject({ Running: true });
    expect(third.Pid).not.toBe(second.Pid);
    await daemon().end();
    await daemon().startAgain();
    expect(await listed()).toMatch(new RegExp(`^${id.trim()} Up .*\n$`));
  });

  test("S19 operation start / run: run prints the id alone, create and start do the same in two steps", async () => {
    const created = await daemon().docker([
      "create",
      "--network",
      "none",
      "--name",
      "two",
      "busybox",
      "sh",
      "-c",
      "echo ran; exit 4",
    ]);
    expect(created).toMatchObject({ status: 0, stdout: expect.stringMatching(/^[0-9a-f]{64}\n$/) });
    expect((await inspect("two")).State).toMatchObject({ Status: "created", Pid: 0 });
    expect(await daemon().docker(["start", "-a", "two"])).toMatchObject({ status: 4, stdout: "ran\n", stderr: "" });
    expect(await daemon().docker(["start", "-a", "two"])).toMatchObject({ status: 4, stdout: "ran\n" });
    expect(await logs("two")).toBe("ran\nran\n");
    await run("one", "sleep 99");
    expect((await daemon().api.call("POST", "/containers/one/start")).status).toBe(304);
  });

  test("S20 operation stop: the handler of SIGTERM runs, a process without one ends by it, one that ignores it is killed after its grace", async () => {
    await run("handles", 'trap "echo bye; exit 0" TERM; echo up; while :; do sleep 0.05; done');
    await run("dies", "exec sleep 99", "--init");
    await run("ignores", 'trap "echo ignored" TERM; echo up; while :; do sleep 0.05; done');
    await printed("handles", "up");
    await printed("ignores", "up");
    const begin = Date.now();
    await daemon().print("stop", "-t", "1", "handles", "dies", "ignores");
    expect(Date.now() - begin).toBeGreaterThanOrEqual(1000);
    const codes = ["handles", "dies", "ignores"].map(async (name) => (await inspect(name)).State.ExitCode);
    expect(await Promise.all(codes)).toEqual([0, 143, 137]);
    expect(await logs("handles")).toBe("up\nbye\n");
    expect(await logs("ignores")).toBe("up\nignored\n");
  });

  test("S21 operation wait: many waiters block until the end, and each prints the exit code", async () => {
    await run("slow", "while [ ! -e /gate/open ]; do sleep 0.05; done; exit 7", "-v", `${directory}:/gate`);
    let returned = 0;
    const count = () => (returned += 1);
    const waiters = Array.from({ length: 10 }, async () => {
      const { StatusCode } = await daemon().api.post<{ StatusCode: number }>("/containers/slow/wait");
      count();
      return StatusCode;
    });
    const printing = daemon().docker(["wait", "slow", "slow"]);
    void printing.then(count);
    await eventually(
      () => Promise.resolve(returned),
      (done) => done > 0,
      1000,
    );
    expect(returned).toBe(0);
    writeFileSync(join(directory, "open"), "");
    expect(await Promise.all(waiters)).toEqual(Array.from({ length: 10 }, () => 7));
    expect(await printing).toMatchObject({ status: 0, stdout: "7\n7\n" });
    expect(await daemon().print("wait", "slow")).toBe("7\n");
  });

  test("S39 environment, process monitoring: exit code and time of a process that ended while no daemon was there", async () => {
    await run(
      "alone",
      "while [ ! -e /gate/open ]; do sleep 0.05; done; echo last words; exit 37",
      "-v",
      `${directory}:/gate`,
    );
    const { Pid } = (await inspect("alone")).State;
    await daemon().end("SIGKILL");
    const before = Date.now();
    writeFileSync(join(directory, "open"), "");
    await eventually(
      () => existsSync(`/proc/${Pid}`),
      (alive) => !alive,
      30_000,
    );
    expect(existsSync(`/proc/${Pid}`)).toBe(false);
    const after = Date.now();
    await daemon().startAgain();
    const { State } = await inspect("alone");
    expect(State).toMatchObject({ Status: "exited", ExitCode: 37, Pid: 0 });
    expect(Date.parse(State.FinishedAt)).toBeGreaterThanOrEqual(before - 1);
    expect(Date.parse(State.FinishedAt)).toBeLessThanOrEqual(after + 1);
    expect(await logs("alone")).toBe("last words\n");
  });

  test("S39 environment, process monitoring: top and stats tell of what runs", async () => {
    await run("busy", "sleep 1001 & while :; do :; done");
    const { Titles, Processes } = await daemon().api.get<{ Titles: string[]; Processes: string[][] }>(
      "/containers/busy/top",
    );
    const commands = () => Processes.map((row) => row[Titles.indexOf("CMD")]);
    expect(commands()).toContain("sleep 1001");
    expect(Processes.map((row) => Number(row[Titles.indexOf("PID")]))).toContain((await inspect("busy")).State.Pid);
    expect(await daemon().print("top", "busy")).toContain("sleep 1001");
    interface Stats {
      cpu_stats: { cpu_usage: { total_usage: number } };
      memory_stats: { usage: number };
      pids_stats: { current: number };
    }
    const sample = () => daemon().api.get<Stats>("/containers/busy/stats?stream=0&one-shot=1");
    const begin = await sample();
    expect(begin.pids_stats.current).toBe(2);
    expect(begin.memory_stats.usage).toBeGreaterThan(0);
    const usage = ({ cpu_stats }: Stats) => cpu_stats.cpu_usage.total_usage;
    const grown = await eventually(sample, (later) => usage(later) > usage(begin), 30_000);
    expect(usage(grown)).toBeGreaterThan(usage(begin));
  });

  test("S37 environment, process namespacing: pid 1, own processes only, own namespaces, zombies reaped", async () => {
    const kinds = ["ipc", "uts", "mnt", "net", "pid", "cgroup"];
    const script = `for kind in ${kinds.join(" ")}; do readlink /proc/self/ns/$kind; done; echo; ls -d /proc/[0-9]*; cat /proc/1/comm; :`;
    const [namespaces, rest] = (
      await daemon().print("run", "--rm", "--network", "none", "busybox", "sh", "-c", script)
    ).split("\n\n");
    const ids = namespaces!.split("\n");
    expect(ids).toEqual(kinds.map((kind) => expect.stringMatching(new RegExp(`^${kind}:\\[\\d+\\]$`))));
    for (const [index, kind] of kinds.entries()) expect(ids[index]).not.toBe(readlinkSync(`/proc/self/ns/${kind}`));
    expect(rest).toMatch(/^\/proc\/1\n(\/proc\/\d+\n)?sh\n$/);

    await run("orphans", "(sh -c 'sleep 0.1 & sleep 0.1 &' &); echo up; exec sleep 99", "--init");
    await printed("orphans", "up");
    const { api } = daemon();
    const processes = async () =>
      (await api.get<{ Processes: string[][] }>("/containers/orphans/top?ps_args=-o%20pid,stat,comm")).Processes;
    const settled = await eventually(processes, (rows) => rows.length === 2, 30_000);
    expect(settled.map((row) => row[2])).toEqual([expect.any(String), "sleep"]);
    expect(settled.filter((row) => row[1]!.startsWith("Z"))).toEqual([]);
  });

  test("S41 environment, signals: kill -s, the image's stop signal, and what the attached client is sent", async () => {
    const names = ["HUP", "INT", "TERM", "USR1", "USR2", "WINCH"];
    const traps = names.map((name) => `trap "echo got ${name}" ${name}`).join("; ");
    const script = `${traps}; echo up; while :; do sleep 0.05; done`;
    await run("signalled", script, "--stop-signal", "USR2");
    await printed("signalled", "up");
    for (const name of names) {
      await daemon().print("kill", "-s", name, "signalled");
      await printed("signalled", `got ${name}`);
    }

    await daemon().print("commit", "--change", "STOPSIGNAL SIGUSR1", "signalled", "stopped-by-usr1");
    await daemon().print(
      "run",
      "-d",
      "--network",
      "none",
      "--name",
      "from-image",
      "stopped-by-usr1",
      "sh",
      "-c",
      'trap "echo got USR1; exit 9" USR1; echo up; while :; do sleep 0.05; done',
    );
    await printed("from-image", "up");
    await daemon().print("stop", "from-image");
    expect((await inspect("from-image")).State.ExitCode).toBe(9);

    const client = spawn(
      daemon().client,
      ["run", "--rm", "--network", "none", "--name", "attached", "busybox", "sh", "-c", script],
      {
        env: { ...process.env, ...daemon().environment },
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    try {
      let output = "";
      client.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
      const shown = async (line: string) =>
        expect(
          await eventually(
            () => output,
            (text) => text.split("\n").includes(line),
            30_000,
          ),
        ).toContain(line);
      await shown("up");
      for (const name of ["HUP", "INT", "TERM", "USR1", "WINCH"] as const) {
        client.kill(`SIG${name}`);
        await shown(`got ${name}`);
      }
      const closed = once(client, "close");
      await daemon().print("kill", "attached");
      expect(await closed).toEqual([137, null]);
    } finally {
      client.kill("SIGKILL");
    }
  });
});
