import { collect } from "@gantry/testkit";
import { describe, expect, it } from "vitest";

import { completeHostConfig, mergeConfig } from "../src/containers/container-config.ts";
import type { ContainerConfig, HostConfig } from "../src/engine.ts";
import { execProcess } from "../src/execs/exec-launcher.ts";
import type { CreateExec, LocalEngine } from "../src/index.ts";
import { allCapabilities, defaultCapabilities } from "../src/index.ts";
import { now } from "../src/timestamps.ts";
import { noImageDefaults } from "@gantry/oci";
import { container, EngineFixture, kept, nothing, textOf } from "./engine-fixture.ts";

async function started(engine: LocalEngine): Promise<string> {
  const { id } = await engine.containers.create(container("sleep"));
  await engine.containers.start(id);
  return id;
}

/** The actions of execs, and what was said of them. */
async function told(engine: LocalEngine): Promise<readonly string[]> {
  const events = await collect(engine.events.subscribe({ until: now() }));
  return events
    .filter(({ action }) => action.startsWith("exec_"))
    .map(({ action, attributes }) => `${action} ${attributes["exitCode"] ?? ""}`.trim());
}

describe("execs", () => {
  it("run a process with streams and an exit of its own", async () => {
    await using fixture = await EngineFixture.open();
    const engine = await fixture.start();
    const containerId = await started(engine);
    const { id } = await engine.execs.create(containerId, { command: ["echo", "hello"] });
    expect(await engine.execs.inspect(id)).toEqual({
      id,
      containerId,
      command: ["echo", "hello"],
      running: false,
      pid: 0,
    });
    const attachment = await engine.execs.start(id);
    expect(await textOf(attachment.output)).toBe("hello\n");
    await expect.poll(() => engine.execs.inspect(id)).toMatchObject({ running: false, exitCode: 0, pid: 0 });
    await expect.poll(() => told(engine)).toEqual(["exec_create: echo hello", "exec_start: echo hello", "exec_die 0"]);
    await expect.poll(() => fixture.machine.get(containerId).execs.size).toBe(0);
    await expect(engine.execs.start(id)).rejects.toThrow(`Exec command ${id} has already run`);
  });

  it("take input, a size, and tell their pid", async () => {
    await using fixture = await EngineFixture.open();
    const engine = await fixture.start();
    const containerId = await started(engine);
    const { id } = await engine.execs.create(containerId, { command: ["sleep"], openStdin: true, terminal: true });
    await expect(engine.execs.resize(id, { rows: 1, columns: 2 })).rejects.toMatchObject({ code: "conflict" });
    const attachment = await engine.execs.start(id, { consoleSize: { rows: 24, columns: 80 } });
    const process = fixture.machine.get(containerId).execs.get(id)!;
    expect(process.spec.process).toMatchObject({ terminal: true, consoleSize: { rows: 24, columns: 80 } });
    expect(process.options.openStdin).toBe(true);
    await attachment.writeStdin(Buffer.from("x"));
    await engine.execs.resize(id, { rows: 1, columns: 2 });
    expect(process).toMatchObject({ stdin: "x", size: { rows: 1, columns: 2 } });
    expect(await engine.execs.inspect(id)).toMatchObject({ running: true, pid: process.pid });
    await expect(engine.execs.start(id)).rejects.toThrow(`Exec command ${id} is already running`);
    process.exit(7);
    expect(await textOf(attachment.output)).toBe("");
    await expect.poll(() => engine.execs.inspect(id)).toMatchObject({ running: false, exitCode: 7 });
  });

  it("go on without a reader when they are detached", async () => {
    await using fixture = await EngineFixture.open();
    const engine = await fixture.start();
    const containerId = await started(engine);
    const { id } = await engine.execs.create(containerId, { command: ["sleep"] });
    const attachment = await engine.execs.start(id, { detach: true });
    expect(await collect(attachment.output)).toEqual([]);
    expect(await engine.execs.inspect(id)).toMatchObject({ running: true });
    await engine.containers.stop(containerId);
    await expect.poll(() => engine.execs.inspect(id)).toMatchObject({ running: false, exitCode: 137 });
    await expect.poll(() => fixture.remains()).toEqual(kept(containerId));
  });

  it("are refused where nothing runs", async () => {
    await using fixture = await EngineFixture.open();
    const engine = await fixture.start();
    const { id } = await engine.containers.create(container("sleep"));
    const command = ["true"];
    await expect(engine.execs.create("nosuch", { command })).rejects.toThrow("No such container: nosuch");
    await expect(engine.execs.create(id, { command })).rejects.toMatchObject({
      code: "conflict",
      message: `Container ${id} is not running`,
    });
    await engine.containers.start(id);
    await expect(engine.execs.create(id, { command: [] })).rejects.toThrow("No exec command specified");
    const exec = await engine.execs.create(id, { command });
    await engine.containers.pause(id);
    const paused = `Container ${id} is paused, unpause the container before exec`;
    await expect(engine.execs.create(id, { command })).rejects.toThrow(paused);
    await expect(engine.execs.start(exec.id)).rejects.toThrow(paused);
    await expect(engine.execs.inspect("x")).rejects.toMatchObject({
      code: "not-found",
      message: "No such exec instance: x",
    });
    await engine.containers.remove(id, { force: true });
    await expect(engine.execs.inspect(exec.id)).rejects.toMatchObject({ code: "not-found" });
  });

  it.each([
    ["nosuch", 127, "executable file not found in $PATH"],
    ["/no/such", 127, "no such file or directory"],
    ["locked", 126, "permission denied"],
  ])("say why %s cannot be started", async (program, exitCode, text) => {
    await using fixture = await EngineFixture.open();
    const engine = await fixture.start();
    const { id } = await engine.execs.create(await started(engine), { command: [program] });
    await expect(engine.execs.start(id)).rejects.toMatchObject({
      message: expect.stringContaining(text),
      details: { exitCode },
    });
    expect(await engine.execs.inspect(id)).toMatchObject({ running: false, exitCode });
  });

  it("keep what a reader has not read when their container ends, and lose nothing", async () => {
    await using fixture = await EngineFixture.open();
    const engine = await fixture.start();
    const containerId = await started(engine);
    const { id } = await engine.execs.create(containerId, { command: ["sleep"] });
    const attachment = await engine.execs.start(id);
    fixture.machine.get(containerId).execs.get(id)!.write("stdout", "last words");
    fixture.machine.get(containerId).exit(0);
    await engine.containers.wait(containerId);
    expect(await textOf(attachment.output)).toBe("last words");
    await expect.poll(() => fixture.remains()).toEqual(kept(containerId));
  });

  it("that have ended are forgotten one day", async () => {
    await using fixture = await EngineFixture.open();
    const engine = await fixture.start();
    const containerId = await started(engine);
    const first = await engine.execs.create(containerId, { command: ["true"] });
    for (let count = 0; count < 1005; count += 1) {
      const { id } = count === 0 ? first : await engine.execs.create(containerId, { command: ["true"] });
      await engine.execs.start(id, { detach: true });
    }
    await expect
      .poll(() => engine.execs.inspect(first.id).catch((error: Error) => error.message))
      .toBe(`No such exec instance: ${first.id}`);
  });
});

describe("execs of an engine that was killed", () => {
  it("are forgotten, and what they have left is removed when they end", async () => {
    await using fixture = await EngineFixture.open();
    const first = await fixture.start();
    const containerId = await started(first);
    const exec = async (): Promise<string> => {
      const { id } = await first.execs.create(containerId, { command: ["sleep"] });
      await first.execs.start(id, { detach: true });
      return id;
    };
    const [running, ended] = [await exec(), await exec()];
    fixture.abandon(first);
    const { execs } = fixture.machine.get(containerId);
    first.execs.detach();
    execs.get(ended)!.exit(1);
    const second = await fixture.start();
    expect([...execs.keys()]).toEqual([running]);
    await expect(second.execs.inspect(running)).rejects.toMatchObject({ code: "not-found" });
    execs.get(running)!.exit(0);
    await expect.poll(() => execs.size).toBe(0);
    await second.containers.remove(containerId, { force: true });
    expect(await fixture.remains()).toEqual(nothing);
  });

  it("end with their container while there is no engine", async () => {
    await using fixture = await EngineFixture.open();
    const first = await fixture.start();
    const containerId = await started(first);
    const { id } = await first.execs.create(containerId, { command: ["sleep"] });
    await first.execs.start(id);
    first.execs.detach();
    fixture.abandon(first);
    fixture.machine.get(containerId).exit(0);
    await fixture.start();
    expect(fixture.machine.get(containerId)).toBeUndefined();
    await expect.poll(() => fixture.remains()).toEqual(kept(containerId));
  });
});

describe("the process of an exec", () => {
  function processOf(exec: Partial<CreateExec>, config: Partial<ContainerConfig> = {}, host: Partial<HostConfig> = {}) {
    const merged = mergeConfig({ image: "x", command: ["y"], hostname: "h", ...config }, noImageDefaults, {
      id: "0".repeat(64),
      hostname: undefined,
    });
    const user = { uid: 0, gid: 0, additionalGids: [4], home: "/root" };
    return execProcess(
      { config: merged, hostConfig: completeHostConfig(host, "json-file") },
      { command: ["true"], ...exec },
      user,
    );
  }

  it("is the container's", () => {
    expect(processOf({}, { env: ["A=1"], workingDirectory: "/srv" })).toEqual({
      args: ["true"],
      env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME=h", "A=1", "HOME=/root"],
      cwd: "/srv",
      user: { uid: 0, gid: 0, additionalGids: [4] },
      capabilities: {
        bounding: defaultCapabilities,
        effective: defaultCapabilities,
        permitted: defaultCapabilities,
        inheritable: [],
        ambient: [],
      },
      rlimits: [],
      noNewPrivileges: false,
      terminal: false,
    });
  });

  it("has what was asked for", () => {
    const exec = { env: ["A=2", "HOME=/h"], workingDirectory: "/w", terminal: true, privileged: true };
    const host = { securityOptions: ["no-new-privileges"], ulimits: [{ name: "nofile", soft: 1, hard: 2 }] };
    const process = processOf(exec, { env: ["A=1"] }, host);
    expect(process).toMatchObject({
      cwd: "/w",
      terminal: true,
      noNewPrivileges: true,
      rlimits: [{ type: "RLIMIT_NOFILE", soft: 1, hard: 2 }],
      capabilities: { bounding: allCapabilities },
    });
    expect(process.env).toEqual(expect.arrayContaining(["A=2", "HOME=/h", "TERM=xterm"]));
    expect(processOf({}, {}, { privileged: true }).capabilities.bounding).toEqual(allCapabilities);
  });
});
