import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { RunningDaemon } from "./running-daemon.ts";
import { StockClient, obstacle, result } from "./stock-client.ts";

const reason = obstacle();
const timeout = 60_000;

describe.skipIf(reason)(
  reason === undefined ? "Docker's own client" : `Docker's own client (skipped: ${reason})`,
  () => {
    let daemon: RunningDaemon;
    let docker: StockClient;
    let directory: string;
    beforeAll(async () => {
      directory = mkdtempSync(join(tmpdir(), "stock-client-"));
      daemon = await RunningDaemon.start();
      docker = new StockClient(daemon.socket);
      await docker.output("pull", "-q", "busybox");
    }, 120_000);
    afterAll(async () => {
      const ids = (await docker.output("ps", "-aq")).split("\n").filter(Boolean);
      if (ids.length > 0) await docker.run(["rm", "-f", ...ids]);
      await daemon[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true });
    }, 60_000);

    const run = (...args: string[]) => ["run", "--network", "none", ...args];

    it("knows the server", { timeout }, async () => {
      expect(JSON.parse(await docker.output("version", "--format", "{{json .Server}}"))).toMatchObject({
        ApiVersion: "1.50",
        MinAPIVersion: "1.24",
        Version: "1.2.3",
      });
      const info = await docker.output("info");
      expect(info).toContain("Server Version: 1.2.3");
      expect(info).not.toContain("ERROR");
      expect(await docker.output("network", "ls", "--format", "{{.Name}}")).toBe("host\nnone");
    });

    it("runs attached: both streams, the exit code, the standard input", { timeout }, async () => {
      expect(await docker.run(run("--rm", "busybox", "sh", "-c", "echo out; echo err >&2; exit 42"))).toEqual({
        status: 42,
        stdout: "out\n",
        stderr: "err\n",
      });
      expect(await docker.run(run("--rm", "-i", "busybox", "cat"), "hello\n")).toMatchObject({
        status: 0,
        stdout: "hello\n",
      });
      expect(await docker.run(run("--rm", "busybox", "nope"))).toMatchObject({
        status: 127,
        stderr: expect.stringMatching(/^docker: Error response from daemon: .*executable file not found in \$PATH/),
      });
      expect(await docker.run(run("--rm", "busybox", "/etc"))).toMatchObject({ status: 126 });
      expect(await docker.output("ps", "-aq")).toBe("");
    });

    it("warns when no network was chosen", { timeout }, async () => {
      const { stdout, stderr } = await docker.run(["run", "--rm", "busybox", "echo", "hi"]);
      expect([stdout, stderr]).toEqual(["hi\n", expect.stringMatching(/^WARNING: This engine has no bridge network/)]);
    });

    it("runs in the background, follows, waits and removes", { timeout }, async () => {
      const script = "for i in 1 2 3; do echo $i; sleep 0.3; done; exit 5";
      const id = await docker.output(...run("-d", "--name", "worker", "busybox", "sh", "-c", script));
      expect(id).toMatch(/^[0-9a-f]{64}$/);
      expect(await docker.output("ps", "--format", "{{.Names}} {{.Image}} {{.State}}")).toBe("worker busybox running");
      expect(await docker.output("logs", "-f", "worker")).toBe("1\n2\n3");
      expect(await docker.output("wait", "worker")).toBe("5");
      expect(await docker.output("logs", "--tail", "1", "-t", "worker")).toMatch(/^\d{4}-.*Z 3$/);
      const row = await docker.output("ps", "-a", "--filter", "name=worker", "--format", "{{.ID}} {{.Status}}");
      expect(row).toMatch(new RegExp(`^${id.slice(0, 12)} Exited \\(5\\) .* ago$`));
      expect(await docker.output("rm", "worker")).toBe("worker");
      expect(await docker.run(["inspect", "worker"])).toMatchObject({
        status: 1,
        stderr: expect.stringContaining("o such object"),
      });
    });

    it("has a terminal, which it leaves by the detach keys and comes back to", { timeout }, async () => {
      const first = docker.terminal(run("-it", "--name", "tty", "busybox", "sh", "-c", "tty; cat"));
      const [greeting] = (await once(first.stdout!, "data")) as [Buffer];
      expect(greeting.toString()).toContain("/dev/pts/0");
      first.stdin!.write("\x10\x11");
      await once(first, "close");
      expect(await docker.output("ps", "--filter", "name=tty", "--format", "{{.State}}")).toBe("running");
      const second = docker.terminal(["attach", "tty"]);
      const ended = result(second);
      second.stdin!.write("again\r");
      await expect.poll(() => docker.output("logs", "tty"), { timeout: 10_000 }).toContain("again");
      second.stdin!.write("\x04");
      expect((await ended).stdout).toContain("again");
      expect(await docker.output("wait", "tty")).toBe("0");
      await docker.output("rm", "tty");
    });

    describe("with a container that runs", () => {
      beforeAll(async () => {
        await docker.output(
          ...run("-d", "--name", "cc", "--memory", "64m", "--label", "a=b", "busybox", "sleep", "1000"),
        );
      }, timeout);

      it("executes in it", { timeout }, async () => {
        expect(await docker.run(["exec", "-i", "cc", "sh", "-c", "cat; echo err >&2; exit 7"], "in\n")).toEqual({
          status: 7,
          stdout: "in\n",
          stderr: "err\n",
        });
        expect(
          await docker.output("exec", "-e", "A=b", "-w", "/tmp", "-u", "1", "cc", "sh", "-c", "echo $A; pwd; id -u"),
        ).toBe("b\n/tmp\n1");
        expect(await docker.run(["exec", "cc", "nope"])).toMatchObject({ status: 127 });
        const terminal = await result(docker.terminal(["exec", "-it", "cc", "sh", "-c", "tty"]));
        expect(terminal.stdout).toContain("/dev/pts/");
        await docker.output("exec", "-d", "cc", "touch", "/background");
        await expect.poll(() => docker.output("exec", "cc", "ls", "/")).toContain("background");
      });

      it("looks into it", { timeout }, async () => {
        expect(await docker.output("top", "cc")).toMatch(/^UID +PID[^]*sleep 1000/);
        expect(await docker.output("stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}", "cc")).toMatch(
          /^cc .* \/ 64MiB$/,
        );
        const format =
          "{{.Name}} {{.HostConfig.Memory}} {{.Config.Labels.a}} {{.State.Running}} {{.NetworkSettings.Networks.none.IPAddress}}";
        expect(await docker.output("inspect", "-f", format, "cc")).toBe("/cc 67108864 b true ");
      });

      it("copies in and out, and sees what changed", { timeout }, async () => {
        const file = join(directory, "file");
        writeFileSync(file, "content");
        await docker.output("cp", file, "cc:/copied");
        expect(await docker.output("exec", "cc", "cat", "/copied")).toBe("content");
        await docker.output("cp", "cc:/copied", `${file}.back`);
        expect(readFileSync(`${file}.back`, "utf8")).toBe("content");
        expect(await docker.run(["cp", "cc:/absent", directory])).toMatchObject({
          status: 1,
          stderr: expect.stringContaining("/absent"),
        });
        await docker.output("exec", "cc", "rm", "/bin/vi");
        const changes = (await docker.output("diff", "cc")).split("\n");
        expect(changes).toEqual(expect.arrayContaining(["A /copied", "C /bin", "D /bin/vi"]));
      });

      it("pauses, updates, renames, restarts and kills it", { timeout }, async () => {
        await docker.output("pause", "cc");
        expect(await docker.output("ps", "--format", "{{.Status}}")).toMatch(/\(Paused\)$/);
        expect(await docker.run(["rm", "cc"])).toMatchObject({
          status: 1,
          stderr: expect.stringContaining("You cannot remove a paused container"),
        });
        await docker.output("unpause", "cc");
        await docker.output("update", "--memory", "128m", "--restart", "on-failure:3", "cc");
        expect(await docker.output("inspect", "-f", "{{.HostConfig.Memory}} {{.HostConfig.RestartPolicy}}", "cc")).toBe(
          "134217728 {on-failure 3}",
        );
        await docker.output("rename", "cc", "dd");
        await docker.output("restart", "-t", "0", "dd");
        await docker.output("kill", "-s", "KILL", "dd");
        expect(await docker.output("wait", "dd")).toBe("137");
        expect(await docker.run(["kill", "dd"])).toMatchObject({
          status: 1,
          stderr: expect.stringContaining("is not running"),
        });
        await docker.output("start", "dd");
        await docker.output("stop", "-t", "0", "dd");
        await docker.output("rename", "dd", "cc");
        await docker.output("start", "cc");
      });

      it("tells its events", { timeout }, async () => {
        const since = (Date.now() / 1000).toFixed(3);
        const follower = docker.spawn([
          "events",
          "--since",
          since,
          "--filter",
          "event=die",
          "--format",
          "{{.Action}} {{.Actor.Attributes.name}}",
        ]);
        const seen = result(follower);
        await docker.output("restart", "-t", "0", "cc");
        // The client sends whole seconds.
        await expect
          .poll(() => docker.output("events", "--since", since, "--until", "0s"), { timeout: 5000 })
          .toContain(" container restart ");
        follower.kill();
        expect((await seen).stdout).toBe("die cc\n");
      });
    });

    it("commits, saves, loads, imports, exports, tags and removes images", { timeout }, async () => {
      await docker.output("create", "--name", "source", "busybox", "true");
      const committed = await docker.output("commit", "-m", "why", "-c", 'CMD ["echo", "hi"]', "source", "team/made:1");
      expect(committed).toMatch(/^sha256:[0-9a-f]{64}$/);
      expect(await docker.output(...run("--rm", "team/made:1"))).toBe("hi");
      expect((await docker.output("history", "--format", "{{.Comment}}", "team/made:1")).split("\n")[0]).toBe("why");
      await docker.output("tag", "team/made:1", "other:2");
      const archive = join(directory, "saved.tar");
      await docker.output("save", "-o", archive, "other:2");
      await docker.output("rmi", "other:2", "team/made:1");
      expect((await docker.run(["image", "inspect", "team/made:1"])).status).toBe(1);
      expect(await docker.output("load", "-i", archive)).toBe("Loaded image: other:2");
      expect(await docker.output("inspect", "-f", "{{.Id}}", "other:2")).toBe(committed);
      const root = join(directory, "root.tar");
      await docker.output("export", "-o", root, "source");
      const imported = await docker.output("import", "-c", "CMD true", root, "flat:1");
      expect(imported).toMatch(/^sha256:/);
      expect(await docker.output("images", "--format", "{{.Repository}}:{{.Tag}}", "--filter", "reference=flat")).toBe(
        "flat:1",
      );
      await docker.output("rm", "source");
      expect(await docker.run(["run", "--rm", "no.such/image"])).toMatchObject({ status: 125 });
    });

    it("keeps volumes and tells what they take", { timeout }, async () => {
      await docker.output("volume", "create", "--label", "a=b", "vol");
      await docker.output(
        ...run(
          "--rm",
          "-v",
          "vol:/data",
          "--mount",
          `type=bind,src=${directory},dst=/h,ro`,
          "busybox",
          "sh",
          "-c",
          "echo x > /data/f; ! touch /h/f",
        ),
      );
      expect(
        await docker.output(...run("--rm", "--mount", "type=volume,src=vol,dst=/d,ro", "busybox", "cat", "/d/f")),
      ).toBe("x");
      expect(await docker.output("volume", "ls", "-q", "--filter", "label=a=b")).toBe("vol");
      expect(await docker.output("system", "df", "--format", "{{.Type}} {{.TotalCount}}")).toContain("Local Volumes 1");
      expect(await docker.output("volume", "rm", "vol")).toBe("vol");
      expect(await docker.run(["volume", "inspect", "vol"])).toMatchObject({
        status: 1,
        stderr: expect.stringContaining("no such volume"),
      });
    });

    it("prunes", { timeout }, async () => {
      await docker.output(...run("--name", "gone", "busybox", "true"));
      expect(await docker.output("container", "prune", "-f")).toContain("Deleted Containers:");
      expect(await docker.output("system", "prune", "-f")).toContain("Total reclaimed space:");
    });

    it("is told what there is not", { timeout }, async () => {
      for (const [args, text] of [
        [["swarm", "init"], "not a swarm manager"],
        [["network", "create", "n"], "not supported"],
        [["search", "x"], "not supported"],
        [["run", "--pid", "host", "busybox", "true"], "HostConfig.PidMode"],
      ] as const) {
        const { status, stderr } = await docker.run(args);
        expect([status === 0, stderr]).toEqual([false, expect.stringContaining(text)]);
      }
    });
  },
);
