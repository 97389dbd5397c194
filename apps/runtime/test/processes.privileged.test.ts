import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import type { ContainerConfig, CreateExec, HostConfig } from "@gantry/engine";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { createEngine } from "../src/index.ts";
import type { RuntimeEngine } from "../src/index.ts";

let directory: string;
let engine: RuntimeEngine;
const open = (): Promise<RuntimeEngine> =>
  createEngine({ root: join(directory, "data"), execRoot: join(directory, "run") });

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "processes-"));
  engine = await open();
  await engine.images.pull("busybox");
});
afterEach(async () => {
  for (const { id } of await engine.containers.list({ all: true })) await engine.containers.remove(id, { force: true });
});
afterAll(async () => {
  await engine.close();
  await rm(directory, { recursive: true, force: true });
});

async function run(
  command: readonly string[],
  hostConfig: Partial<HostConfig> = {},
  config: Partial<ContainerConfig> = {},
): Promise<string> {
  const { id } = await engine.containers.create({ config: { image: "busybox", command, ...config }, hostConfig });
  await engine.containers.start(id);
  return id;
}

async function text(output: AsyncIterable<{ data: Uint8Array }>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const { data } of output) chunks.push(data);
  return Buffer.concat(chunks).toString();
}

/** What a command writes in a running container, and how it ends. */
async function exec(
  container: string,
  script: string,
  more: Partial<CreateExec> = {},
): Promise<{ output: string; exitCode: number | undefined }> {
  const { id } = await engine.execs.create(container, { command: ["sh", "-c", script], ...more });
  const attachment = await engine.execs.start(id);
  const output = await text(attachment.output);
  await expect.poll(async () => (await engine.execs.inspect(id)).running, { interval: 2 }).toBe(false);
  return { output, exitCode: (await engine.execs.inspect(id)).exitCode };
}

describe("exec", () => {
  it("runs in the container, as what it was told to", async () => {
    const id = await run(["sleep", "1000"], {}, { env: ["A=1"], hostname: "inside" });
    expect(
      await exec(id, "hostname; echo $A $B; pwd; id -u; exit 7", { env: ["B=2"], workingDirectory: "/tmp" }),
    ).toEqual({
      output: "inside\n1 2\n/tmp\n0\n",
      exitCode: 7,
    });
    expect((await exec(id, "id -u; id -g; echo $HOME", { user: "7:8" })).output).toBe("7\n8\n/\n");
    expect((await exec(id, "tty", { terminal: true, openStdin: true })).output).toBe("/dev/pts/0\r\n");
    expect((await exec(id, "ps -o comm | grep -c sleep")).output).toBe("1\n");
  });

  it("has the container's rights, and all of them only when it is privileged", async () => {
    const id = await run(["sleep", "1000"], { capabilitiesDrop: ["NET_RAW"] });
    const status = "grep -E '^(CapEff|CapBnd|Seccomp|NoNewPrivs):' /proc/self/status";
    const own = (await exec(id, status)).output;
    expect(own).toBe((await exec(id, status.replace("self", "1"))).output);
    expect(own).toContain("CapEff:\t00000000a80405fb");
    expect(own).toContain("Seccomp:\t2");
    expect((await exec(id, status, { user: "7" })).output).toContain("CapEff:\t0000000000000000");
    const privileged = BigInt(`0x${/CapEff:\t(\w+)/.exec((await exec(id, status, { privileged: true })).output)![1]!}`);
    expect(privileged & (1n << 21n)).not.toBe(0n);
  });

  it("passes input on to its end", async () => {
    const container = await run(["sleep", "1000"]);
    const { id } = await engine.execs.create(container, { command: ["cat"], openStdin: true });
    const attachment = await engine.execs.start(id);
    await attachment.writeStdin(Buffer.from("hello"));
    await attachment.closeStdin();
    expect(await text(attachment.output)).toBe("hello");
  });

  it.each([
    [["nosuch"], 127, "executable file not found in $PATH"],
    [["/no/such"], 127, "no such file or directory"],
    [["/etc"], 126, "permission denied"],
  ])("says why %j cannot run", async (command, exitCode, message) => {
    const container = await run(["sleep", "1000"]);
    const { id } = await engine.execs.create(container, { command });
    await expect(engine.execs.start(id)).rejects.toMatchObject({
      message: expect.stringContaining(message),
      details: { exitCode },
    });
    expect(await engine.execs.inspect(id)).toMatchObject({ running: false, exitCode });
  });

  it("goes on without the engine, and leaves nothing in the end", async () => {
    const container = await run(["sleep", "1000"]);
    const { id } = await engine.execs.create(container, { command: ["sleep", "0.8"] });
    await engine.execs.start(id, { detach: true });
    const { pid } = await engine.execs.inspect(id);
    await engine.close();
    expect(await readFile(`/proc/${pid}/cmdline`, "latin1")).toContain("sleep");
    engine = await open();
    const execs = join(directory, "data", "containers", container, "execs");
    expect(await readdir(execs)).toEqual([id]);
    await expect.poll(() => readdir(execs), { timeout: 5000 }).toEqual([]);
    await engine.containers.remove(container, { force: true });
    await expect.poll(() => readdir(join(directory, "run", "m"))).toEqual([]);
  });
});

describe("init", () => {
  it("reaps what is left to it, and passes signals on", async () => {
    const orphan = "(sleep 0.1 &); exec sleep 1000";
    const zombies = "sleep 0.5; ps -o stat | grep -c Z";
    const plain = await run(["sh", "-c", orphan]);
    expect((await exec(plain, zombies)).output).toBe("1\n");
    const id = await run(["sh", "-c", orphan], { init: true });
    expect((await exec(id, zombies)).output).toBe("0\n");
    const [first] = (await engine.containers.top(id)).processes;
    expect(first!.at(-1)).toBe(`/sbin/docker-init init -- sh -c ${orphan}`);
    await engine.containers.stop(id, { timeout: 5 });
    expect((await engine.containers.inspect(id)).state.exitCode).toBe(143);
  });

  it("works for a user without rights on a read-only root", async () => {
    const id = await run(["sh", "-c", "exit 4"], { init: true, readonlyRoot: true }, { user: "7" });
    expect(await engine.containers.wait(id)).toEqual({ exitCode: 4 });
  });
});

describe("top, stats and update", () => {
  it("tell of the container's own processes", async () => {
    const id = await run(["sh", "-c", "sleep 1000 & exec sleep 2000"]);
    await expect.poll(async () => (await engine.containers.top(id)).processes.length).toBe(2);
    const { titles, processes } = await engine.containers.top(id);
    expect(titles).toEqual(["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"]);
    expect(processes.map((row) => [row[0], row.at(-1)])).toEqual([
      ["root", "sleep 2000"],
      ["root", "sleep 1000"],
    ]);
    const other = await engine.containers.top(id, "-o pid,args");
    expect(other.titles).toEqual(["PID", "COMMAND"]);
  });

  it("measure and change limits, live", async () => {
    const id = await run(["sh", "-c", "while :; do :; done"], { resources: { memory: 2 ** 25 } });
    const samples = engine.containers.stats(id)[Symbol.asyncIterator]();
    await samples.next();
    const { read, previous } = (await samples.next()).value!;
    await samples.return?.();
    expect(read.usage!.cpu.total - previous!.usage!.cpu.total).toBeGreaterThan(100_000_000);
    expect(read.systemCpu).toBeGreaterThan(previous!.systemCpu);
    expect(read.usage!.memory.limit).toBe(2 ** 25);
    await engine.containers.update(id, {
      resources: { memory: 2 ** 26, memorySwap: 2 ** 26, nanoCpus: 2e8, pids: 50 },
    });
    const [after] = await Array.fromAsync(engine.containers.stats(id, { stream: false, oneShot: true }));
    expect(after!.read.usage!.memory.limit).toBe(2 ** 26);
    expect(after!.read.usage!.pids.limit).toBe(50);
    const [before, later] = [await cpu(id), await delay(1000).then(() => cpu(id))];
    expect((later - before) / 1e9).toBeLessThan(0.4);
    await engine.containers.update(id, { resources: { memory: 2 ** 24, memorySwap: 2 ** 24 } });
    expect((await engine.containers.inspect(id)).hostConfig.resources).toMatchObject({ memory: 2 ** 24, pids: 50 });
  });

  async function cpu(id: string): Promise<number> {
    const [stats] = await Array.fromAsync(engine.containers.stats(id, { stream: false, oneShot: true }));
    return stats!.read.usage!.cpu.total;
  }
});

describe("a restart policy", () => {
  it("starts a container again that fails, and one that waited when its engine was closed", async () => {
    const restartPolicy = { name: "on-failure", maximumRetryCount: 2 } as const;
    const id = await run(["sh", "-c", "echo run; exit 1"], { restartPolicy });
    const seen = async (): Promise<readonly unknown[]> => {
      const { state, restartCount } = await engine.containers.inspect(id);
      return [state.status, state.exitCode, restartCount];
    };
    await expect.poll(seen, { interval: 2 }).toEqual(["restarting", 1, 1]);
    await engine.close();
    engine = await open();
    await expect.poll(seen, { timeout: 5000 }).toEqual(["exited", 1, 2]);
    expect(await text(engine.containers.logs(id))).toBe("run\nrun\nrun\n");
  });

  it("leaves a paused container that is killed alone", async () => {
    const id = await run(["sleep", "1000"], { restartPolicy: { name: "always", maximumRetryCount: 0 } });
    await engine.containers.pause(id);
    await engine.containers.kill(id);
    expect(await engine.containers.wait(id)).toEqual({ exitCode: 137 });
    await delay(200);
    expect((await engine.containers.inspect(id)).state.status).toBe("exited");
  });
});

describe("health", () => {
  it("is what a command in the container says", async () => {
    const healthcheck = {
      test: ["CMD-SHELL", "echo look; test -e /tmp/ill && exit 1; true"],
      interval: 5e7,
      retries: 1,
    };
    const id = await run(["sleep", "1000"], {}, { healthcheck });
    const status = async (): Promise<string | undefined> => (await engine.containers.inspect(id)).state.health?.status;
    await expect.poll(status, { timeout: 5000 }).toBe("healthy");
    await exec(id, "touch /tmp/ill");
    await expect.poll(status, { timeout: 5000 }).toBe("unhealthy");
    const { health } = (await engine.containers.inspect(id)).state;
    expect(health!.log.at(-1)).toMatchObject({ exitCode: 1, output: "look\n" });
  });
});

describe("a lack of memory", () => {
  it("is told before the end", async () => {
    const controller = new AbortController();
    const events = engine.events.subscribe({ filters: { event: ["oom", "die"] }, signal: controller.signal });
    const reader = events[Symbol.asyncIterator]();
    const id = await run(["sh", "-c", "x=x; while :; do x=$x$x; done"], {
      resources: { memory: 2 ** 24, memorySwap: 2 ** 24 },
    });
    expect((await reader.next()).value).toMatchObject({ action: "oom", id });
    expect((await reader.next()).value).toMatchObject({ action: "die", attributes: { exitCode: "137" } });
    controller.abort();
    expect((await engine.containers.inspect(id)).state.oomKilled).toBe(true);
  });
});
