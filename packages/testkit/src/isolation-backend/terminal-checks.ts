import assert from "node:assert/strict";

import { collect } from "../fixtures/collect.ts";
import { skipUnless } from "../contract.ts";
import {
  type IsolationBench,
  type IsolationCheck,
  type Wishes,
  finish,
  start,
  untilOutput,
} from "./isolation-bench.ts";

function terminal(bench: IsolationBench): Wishes {
  skipUnless(bench.subject.features.terminal, "the backend has no terminals");
  return { process: { terminal: true, consoleSize: { rows: 40, columns: 100 } }, options: { openStdin: true } };
}

export const terminalChecks: readonly IsolationCheck[] = [
  {
    rule: "a terminal has one stream, whose lines end as a terminal's do",
    async run(bench) {
      const container = await start(bench, "echo out; echo err >&2", terminal(bench));
      await container.wait();
      const chunks = await collect(container.output());
      assert.ok(chunks.every(({ stream }) => stream === "stdout"));
      assert.equal((await finish(container)).stdout, "out\r\nerr\r\n");
    },
  },
  {
    rule: "a terminal has the spec's size, and that of resize afterwards",
    async run(bench) {
      const container = await start(bench, "stty size; read line; stty size", terminal(bench));
      await untilOutput(container, "40 100");
      await container.resize({ rows: 50, columns: 120 });
      await container.writeStdin(Buffer.from("\n"));
      assert.match((await finish(container)).stdout, /40 100[^]*50 120/);
    },
  },
  {
    rule: "a terminal echoes what is typed",
    async run(bench) {
      const container = await start(bench, "echo ready; read line; echo got $line", terminal(bench));
      await untilOutput(container, "ready");
      await container.writeStdin(Buffer.from("word\n"));
      assert.equal((await finish(container)).stdout, "ready\r\nword\r\ngot word\r\n");
    },
  },
  {
    rule: "control-D ends the input of a terminal",
    async run(bench) {
      const container = await start(bench, "echo ready; cat; echo end", terminal(bench));
      await untilOutput(container, "ready");
      await container.writeStdin(Buffer.from("\u0004"));
      assert.match((await finish(container)).stdout, /end\r\n$/);
    },
  },
  {
    rule: "control-C interrupts what runs in a terminal",
    async run(bench) {
      const script = "trap 'echo interrupted; exit 3' INT; echo ready; while true; do sleep 0.05; done";
      const container = await start(bench, script, terminal(bench));
      await untilOutput(container, "ready");
      await container.writeStdin(Buffer.from("\u0003"));
      const { exit, stdout } = await finish(container);
      assert.equal(exit.code, 3);
      assert.match(stdout, /interrupted/);
    },
  },
];
