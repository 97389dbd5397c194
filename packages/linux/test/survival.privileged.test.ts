import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { HelperProcess } from "../src/helper-process.ts";
import { readExitRecord, readLaunchRecord } from "../src/records.ts";
import { readOutput } from "../src/output-record.ts";
import { Bench, collect, isRunning, outputHolds, program, shell, until } from "./bench.ts";

let bench: Bench;

beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(async () => {
  await bench.close();
});

/** Runs TypeScript in another Node process, as another engine, until it prints `ready`. */
async function engine(script: string) {
  const source = new URL("../src/", import.meta.url);
  const child = spawn(
    process.execPath,
    [
      "--conditions=@gantry/source",
      "--input-type=module-typescript",
      "--eval",
      script.replaceAll("SRC/", fileURLToPath(source)),
    ],
    { cwd: fileURLToPath(new URL("..", import.meta.url)), stdio: ["ignore", "pipe", "pipe"] },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (output += data.toString()));
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await until(() => output.includes("ready") || child.exitCode !== null, 20_000);
  if (!output.includes("ready")) throw new Error(output);
  return {
    pid: child.pid!,
    kill: async () => {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

describe("an engine that is killed", () => {
  it("leaves processes that a new one finds, with all output and the exit code", async () => {
    const location = await bench.location();
    const launched = program([
      { do: "barrier" },
      shell("for i in $(seq 30); do echo line $i; sleep 0.05; done; exit 9"),
    ]);
    const first = await engine(`
      const { HelperProcess } = await import("SRC/helper-process.ts");
      const helper = new HelperProcess();
      const monitor = await helper.monitor(${JSON.stringify(location)});
      await monitor.launch(${JSON.stringify(launched)});
      await monitor.start();
      console.log("ready");
      setInterval(() => {}, 1000);
    `);
    await first.kill();
    const monitor = (await bench.helper.reconnect(location))!;
    expect(await monitor.started()).toBe(true);
    expect(monitor.pid).toBe((await readLaunchRecord(location.directory))!.pid);
    expect(isRunning(monitor.pid!)).toBe(true);
    const { stdout } = await collect(monitor, { follow: true });
    expect(stdout.toString().trim().split("\n")).toEqual(Array.from({ length: 30 }, (_, index) => `line ${index + 1}`));
    expect(await monitor.wait()).toMatchObject({ code: 9 });
  });

  it("leaves the records of a process that ended meanwhile", async () => {
    const { directory, socket } = await bench.location();
    const monitor = await bench.launch(program([shell("echo said; sleep 0.1; exit 6")]));
    await outputHolds(monitor, "said");
    monitor.disconnect();
    await expect(monitor.wait()).rejects.toMatchObject({ code: "unavailable" });
    await until(async () => (await readExitRecord(directory)) !== undefined);
    expect(await readExitRecord(directory)).toMatchObject({ code: 6 });
    const chunks = await Array.fromAsync(readOutput(directory));
    expect(chunks.map(({ data }) => Buffer.from(data).toString())).toEqual(["said\n"]);
    await until(() => !existsSync(socket));
  });

  it("leaves no process that was created and not started", async () => {
    const location = await bench.location();
    const launched = program([{ do: "barrier" }, shell("sleep 1000")]);
    const first = await engine(`
      const { HelperProcess } = await import("SRC/helper-process.ts");
      const monitor = await new HelperProcess().monitor(${JSON.stringify(location)});
      const pid = await monitor.launch(${JSON.stringify(launched)});
      (await import("node:fs")).writeFileSync(${JSON.stringify(join(bench.directory, "pid"))}, String(pid));
      console.log("ready");
      setInterval(() => {}, 1000);
    `);
    const pid = Number(readFileSync(join(bench.directory, "pid"), "utf8"));
    expect(isRunning(pid)).toBe(true);
    await first.kill();
    await until(() => !isRunning(pid) && !existsSync(location.socket));
    expect(await readLaunchRecord(location.directory)).toBeUndefined();
  });
});

describe("the engine's lock", () => {
  const lockFile = () => join(bench.directory, "engine.lock");
  const holderScript = () => `
    const { HelperProcess } = await import("SRC/helper-process.ts");
    const helper = new HelperProcess({ lockFile: ${JSON.stringify(lockFile())} });
    await helper.start();
    const monitor = await helper.monitor({ socket: ${JSON.stringify(join(bench.directory, "l.sock"))}, directory: ${JSON.stringify(bench.directory)} });
    await monitor.launch(${JSON.stringify(program([shell("sleep 1000")]))});
    console.log("ready");
    setInterval(() => {}, 1000);
  `;

  it("names its holder, and ends with the holder, by kill -9 and though its monitors go on", async () => {
    const holder = await engine(holderScript());
    const second = new HelperProcess({ lockFile: lockFile() });
    try {
      await expect(second.start()).rejects.toMatchObject({
        code: "conflict",
        message: expect.stringContaining(`process ${holder.pid} (`),
        details: { holderPid: holder.pid },
      });
      await holder.kill();
      await second.start();
      expect(JSON.parse(readFileSync(lockFile(), "utf8"))).toMatchObject({ pid: process.pid });
      const left = await second.reconnect({ socket: join(bench.directory, "l.sock"), directory: bench.directory });
      expect(isRunning(left!.pid!)).toBe(true);
      await left!.signal(9);
      await left!.wait();
    } finally {
      await second.stop();
    }
  });

  it("is free again after stop", async () => {
    const [first, second] = [1, 2].map(() => new HelperProcess({ lockFile: lockFile() })) as [
      HelperProcess,
      HelperProcess,
    ];
    await first.start();
    await expect(second.start()).rejects.toMatchObject({ code: "conflict", details: { holderPid: process.pid } });
    await first.stop();
    await second.start();
    await second.stop();
  });

  it("cannot be taken where its directory is missing", async () => {
    const helper = new HelperProcess({ lockFile: join(bench.directory, "none", "engine.lock") });
    await expect(helper.start()).rejects.toMatchObject({ code: "unavailable" });
    await helper.stop();
  });
});

describe("HelperProcess", () => {
  it("says when its program is missing or no helper", async () => {
    for (const binary of ["/nowhere/gantry-helper", "/bin/true"]) {
      const helper = new HelperProcess({ binary });
      await expect(helper.start()).rejects.toMatchObject({
        code: "unavailable",
        message: expect.stringContaining("pnpm build"),
      });
    }
  });

  it("starts again after a stop, and stops twice", async () => {
    await bench.helper.run([]);
    await bench.helper.stop();
    await bench.helper.stop();
    await expect(bench.helper.run([])).resolves.toBeUndefined();
  });

  it("is spawned again when it was killed, and keeps the lock", async () => {
    const lockFile = join(bench.directory, "engine.lock");
    const [helper, other] = [1, 2].map(() => new HelperProcess({ lockFile })) as [HelperProcess, HelperProcess];
    try {
      await helper.start();
      const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim().split(" ").map(Number);
      const zygote =
        children.find((pid) => readFileSync(`/proc/${pid}/comm`, "utf8") === "gantry-zygote\n") ?? Number.NaN;
      process.kill(zygote, "SIGKILL");
      await until(() => !isRunning(zygote));
      await expect(other.start()).rejects.toMatchObject({ code: "conflict" });
      await until(
        async () =>
          await helper.run([]).then(
            () => true,
            () => false,
          ),
      );
      await expect(other.start()).rejects.toMatchObject({ code: "conflict" });
    } finally {
      await helper.stop();
    }
    await other.start();
    await other.stop();
  });

  it("runs many things at once", async () => {
    const directories = Array.from({ length: 200 }, (_, index) => join(bench.directory, `d${index}`));
    await Promise.all(
      directories.map((path) => bench.helper.run([{ do: "make-directory", path, mode: 0o755, uid: 0, gid: 0 }])),
    );
    expect(directories.every((path) => existsSync(path))).toBe(true);
  });
});
