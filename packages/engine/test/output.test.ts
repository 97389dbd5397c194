import { setTimeout as delay } from "node:timers/promises";

import { EngineError } from "@gantry/core";
import type { LogDriver, LogEntry } from "@gantry/core";
import { MemoryLogDriver } from "@gantry/testkit";
import { describe, expect, it } from "vitest";

import { container, EngineFixture, nothing, textOf } from "./engine-fixture.ts";

describe("logs", () => {
  it("hold every byte after the exit, across runs", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const { id } = await containers.create(container("echo", "hello"));
    for (let run = 0; run < 3; run += 1) {
      await containers.start(id);
      await containers.wait(id);
    }
    expect(await textOf(containers.logs(id))).toBe("hello\nhello\nhello\n");
    expect(await textOf(containers.logs(id, { tail: 1 }))).toBe("hello\n");
    expect(await textOf(containers.logs(id, { stdout: false }))).toBe("");
  });

  it("hold what was written before they were asked for, and follow", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const { id } = await containers.create(container("sleep"));
    await containers.start(id);
    const machine = fixture.machine.get(id);
    machine.write("stdout", "one\n");
    machine.write("stderr", "two\n");
    expect(await textOf(containers.logs(id))).toBe("one\ntwo\n");
    const following = textOf(containers.logs(id, { follow: true }));
    machine.write("stdout", "three\n");
    machine.exit(0);
    expect(await following).toBe("one\ntwo\nthree\n");
    expect(await textOf(containers.logs(id, { follow: true }))).toBe("one\ntwo\nthree\n");
  });

  it("release what they have taken", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const { id } = await containers.create(container("sleep"));
    await containers.start(id);
    const machine = fixture.machine.get(id);
    machine.write("stdout", "12345");
    await expect.poll(() => machine.released.at(-1)).toBe(5);
  });

  it("are not waited for by a removal by force", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start({ logs: slow(fixture.components().logs, 250) });
    const { id } = await containers.create(container("sleep"));
    await containers.start(id);
    const megabyte = "x".repeat(1024 * 1024);
    for (let count = 0; count < 60; count += 1) fixture.machine.get(id).write("stdout", megabyte);
    const begun = performance.now();
    await containers.remove(id, { force: true });
    // Writing all of it would take fifteen seconds.
    expect(performance.now() - begun).toBeLessThan(7000);
    expect(await fixture.remains()).toEqual(nothing);
  });

  it("are tried again when the sink fails, without loss", async () => {
    await using fixture = await EngineFixture.open();
    const { logs } = fixture.components();
    const failing = failingAtFirst(logs);
    const { containers } = await fixture.start({ logs: failing });
    const { id } = await containers.create(container("sleep"));
    await containers.start(id);
    fixture.machine.get(id).write("stdout", "precious");
    await expect
      .poll(
        () =>
          textOf(logs.reader!.read({ containerId: id, directory: "", options: {} }, { stdout: true, stderr: true })),
        { timeout: 5000 },
      )
      .toBe("precious");
    expect(fixture.logger.lines.map(({ message }) => message)).toContain("cannot write a container's log");
  });

  it("do not keep a container from its end when the disk stays full", async () => {
    await using fixture = await EngineFixture.open();
    const { logs } = fixture.components();
    logs.open = async () => {
      throw new EngineError("unavailable", "no space left");
    };
    const { containers } = await fixture.start({ logs });
    const { id } = await containers.create(container("echo", "x"));
    await containers.start(id);
    expect(await containers.wait(id)).toEqual({ exitCode: 0 });
  });

  it("can be kept nowhere", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const { id } = await containers.create({
      ...container("echo", "x"),
      hostConfig: { logDriver: { name: "none", options: {} } },
    });
    const attachment = await containers.attach(id);
    await containers.start(id);
    expect(await textOf(attachment.output)).toBe("x\n");
    await expect(textOf(containers.logs(id))).rejects.toThrow("configured logging driver does not support reading");
    await expect(textOf(containers.logs("none"))).rejects.toMatchObject({ code: "not-found" });
  });
});

describe("attach", () => {
  it("before the start sees every byte, and holds back the removal until it has", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const { id } = await containers.create({ ...container("echo", "hello"), hostConfig: { autoRemove: true } });
    const attachment = await containers.attach(id);
    const removal = containers.wait(id, "removed");
    await containers.start(id);
    await containers.wait(id).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await containers.list({ all: true })).map((one) => one.state.status)).toEqual(["exited"]);
    expect(await textOf(attachment.output)).toBe("hello\n");
    await removal;
    expect(await fixture.remains()).toEqual(nothing);
  });

  it("goes at its own pace, several at a time", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const { id } = await containers.create(container("sleep"));
    const [slow, fast] = [await containers.attach(id), await containers.attach(id)];
    await containers.start(id);
    const machine = fixture.machine.get(id);
    const iterator = fast.output[Symbol.asyncIterator]();
    for (const text of ["a", "b", "c"]) {
      machine.write("stdout", text);
      expect(Buffer.from((await iterator.next()).value!.data).toString()).toBe(text);
    }
    expect(machine.released.every((position) => position === 0)).toBe(true);
    machine.exit(0);
    expect((await iterator.next()).done).toBe(true);
    expect(await textOf(slow.output)).toBe("abc");
  });

  it("to a running one streams from now on, or with what came before", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const { id } = await containers.create(container("sleep"));
    await containers.start(id);
    const machine = fixture.machine.get(id);
    machine.write("stdout", "before,");
    const plain = await containers.attach(id);
    const replayed = await containers.attach(id, { replay: true });
    machine.write("stderr", "after");
    machine.exit(0);
    expect(await textOf(plain.output)).toBe("after");
    expect(await textOf(replayed.output)).toBe("before,after");
  });

  it("ends when there is nothing to come", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    for (const end of ["remove", "fail", "close"]) {
      const { id } = await containers.create(container(end === "fail" ? "nosuch" : "true"));
      const attachment = await containers.attach(id);
      const output = textOf(attachment.output);
      if (end === "remove") await containers.remove(id);
      if (end === "fail") await containers.start(id).catch(() => {});
      if (end === "close") await attachment.close();
      expect(await output, end).toBe("");
    }
  });

  it("is cut off by a removal by force", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const { id } = await containers.create(container("sleep"));
    const attachment = await containers.attach(id);
    await containers.start(id);
    fixture.machine.get(id).write("stdout", "never read");
    await containers.remove(id, { force: true });
    expect(await fixture.remains()).toEqual(nothing);
    await textOf(attachment.output);
  });

  it("ends with its client's signal", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const { id } = await containers.create(container("sleep"));
    const client = new AbortController();
    const attachment = await containers.attach(id, {}, { signal: client.signal });
    await containers.start(id);
    const output = textOf(attachment.output);
    client.abort();
    expect(await output).toBe("");
  });

  it("writes to the standard input and closes it once if asked", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    for (const stdinOnce of [true, false]) {
      const { id } = await containers.create({
        config: { image: "image", command: ["sleep"], openStdin: true, stdinOnce },
      });
      const attachment = await containers.attach(id);
      const written = attachment.writeStdin(Buffer.from("input"));
      await containers.start(id);
      await written;
      await attachment.closeStdin();
      const { stdin, stdinClosed, options } = fixture.machine.get(id);
      expect({ stdin, stdinClosed, open: options.openStdin }).toEqual({
        stdin: "input",
        stdinClosed: stdinOnce,
        open: true,
      });
    }
  });

  it("resizes what runs", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const { id } = await containers.create({ config: { image: "image", command: ["sleep"], terminal: true } });
    const size = { rows: 3, columns: 4 };
    await expect(containers.resize(id, size)).rejects.toMatchObject({
      code: "conflict",
      message: `Container ${id} is not running`,
    });
    expect((await containers.attach(id)).terminal).toBe(true);
    await containers.start(id);
    await containers.resize(id, size);
    expect(fixture.machine.get(id).size).toEqual(size);
  });
});

/** A driver whose first sink takes nothing. */
/** A log driver that takes its time for each write. */
function slow(logs: LogDriver, milliseconds: number): LogDriver {
  return {
    name: logs.name,
    remove: (context) => logs.remove(context),
    open: async (context) => {
      const sink = await logs.open(context);
      const write: typeof sink.write = async (entries, position) => {
        await delay(milliseconds);
        await sink.write(entries, position);
      };
      return {
        write,
        lastPosition: () => sink.lastPosition(),
        flush: () => sink.flush(),
        close: () => sink.close(),
      };
    },
  };
}

function failingAtFirst(logs: LogDriver): LogDriver {
  let failed = false;
  const open = logs.open.bind(logs);
  const failing = new MemoryLogDriver();
  return Object.assign(failing, {
    reader: logs.reader,
    open: async (...parameters: Parameters<typeof open>) => {
      const sink = await open(...parameters);
      const write = (entries: readonly LogEntry[], position: number): Promise<void> => {
        if (failed) return sink.write(entries, position);
        failed = true;
        return Promise.reject(new EngineError("unavailable", "no space left"));
      };
      return { ...sink, write };
    },
  });
}
