import type { IsolatedContainer } from "@gantry/core";
import { afterAll, afterEach, describe, expect, test } from "vitest";

import { ContainerBench, notHere, written } from "./fixtures/container-bench.ts";
import { processOf, specOf } from "./fixtures/specs.ts";

describe.skipIf(notHere)(`a shell in a terminal (skipped where: ${notHere ?? "nothing"})`, () => {
  const bench = new ContainerBench();
  afterEach(async () => expect(await bench.clear()).toEqual([]));
  afterAll(() => bench.close());

  async function type(container: IsolatedContainer, text: string, answer: RegExp): Promise<void> {
    const from = await container.outputEnd();
    await container.writeStdin(Buffer.from(text));
    await expect.poll(async () => (await written(container)).slice(from), { timeout: 5000 }).toMatch(answer);
  }

  test("has job control: stop, list, continue, interrupt; and knows its size and its terminal", async () => {
    const process = processOf(["sh", "-i"], { terminal: true, consoleSize: { rows: 30, columns: 100 } });
    const container = await bench.create(specOf(bench.root, [], { process }), { openStdin: true });
    await container.start();
    await type(container, "stty size; tty\n", /30 100\r\n\/dev\/pts\/0\r\n/);
    await type(container, "ls -l /dev/console; echo x >/dev/tty\n", /crw--w----.* 136,\s+0 .*\/dev\/console\r\nx\r\n/);
    await type(container, "sleep 1000\n", /sleep 1000\r\n/);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await type(container, "\u001A", /Stopped/);
    await type(container, "jobs\n", /\[1\].*Stopped.*sleep 1000/);
    await type(container, "fg\n", /fg\r\nsleep 1000\r\n/);
    await type(container, "\u0003", /\^C/);
    await type(container, "echo $?\n", /130\r\n/);
    await container.resize({ rows: 10, columns: 20 });
    await type(container, "stty size\n", /10 20\r\n/);
    await type(container, "exit 7\n", /exit 7/);
    expect(await container.wait()).toMatchObject({ code: 7 });
  });

  test("an added shell has a terminal of its own", async () => {
    const container = await bench.create(specOf(bench.root, ["sleep", "60"]));
    await container.start();
    const process = processOf(["sh", "-c", "tty; test -t 0 && test -t 2 && echo terminal"], {
      terminal: true,
      user: { uid: 1000, gid: 1000, additionalGids: [] },
    });
    const added = await container.exec("e1", process, bench.options("e1"));
    await added.start();
    await added.wait();
    expect(await written(added)).toBe("/dev/pts/0\r\nterminal\r\n");
    await added.delete();
  });
});
