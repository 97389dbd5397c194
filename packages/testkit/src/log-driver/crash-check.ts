import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { LogDriver } from "@gantry/core";

import type { EndlessWork } from "../crash/crash-main.ts";
import { killWriter } from "../crash/kill-writer.ts";
import { type LogCheck, bytesOf, container, entry, read } from "./log-bench.ts";

const linesInRound = 5;

function lineOf(position: number): string {
  return `line ${position} ${"x".repeat(500)}\n`;
}

/** Each round writes some lines, of which the position is the number, and flushes them. */
export const writeLines: EndlessWork = async (kernel, tell, directory) => {
  const context = { containerId: "c1", directory: join(directory, "containers/c1"), options: {} };
  await mkdir(context.directory, { recursive: true });
  const sink = await kernel.get(LogDriver).open(context);
  for (let round = 1, position = 1; ; round += 1) {
    for (let line = 0; line < linesInRound; line += 1, position += 1) {
      await sink.write([entry("stdout", lineOf(position))], position);
    }
    await sink.flush();
    tell(round);
  }
};

export const crashCheck: LogCheck = {
  rule: "what was flushed survives kill -9, and lastPosition tells exactly what is kept",
  async run(bench) {
    const answered = await killWriter(bench, "LogDriver");
    const context = await container(bench);
    const sink = await bench.subject.open(context);
    const kept = await sink.lastPosition();
    assert.ok(kept >= answered * linesInRound, `lastPosition is ${kept}, answered were ${answered * linesInRound}`);
    await sink.write([entry("stdout", lineOf(kept + 1))], kept + 1);
    await sink.close();
    const expected = Array.from({ length: kept + 1 }, (_, index) => lineOf(index + 1)).join("");
    assert.equal(bytesOf(await read(bench, context)).toString(), expected);
  },
};
