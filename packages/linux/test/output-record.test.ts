import { appendFile, mkdtemp, readdir, rm, truncate, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { OutputChunk, OutputQuery } from "@gantry/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { outputEnd, readOutput, releaseOutput } from "../src/output-record.ts";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "gantry-output-"));
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

function record(data: string, stream = 1, time = 5n): Buffer {
  const header = Buffer.alloc(16);
  header.writeBigUInt64LE(time, 0);
  header.writeUInt32LE(Buffer.byteLength(data), 8);
  header.writeUInt8(stream, 12);
  return Buffer.concat([header, Buffer.from(data)]);
}

function segment(start: number): string {
  return join(directory, `output.${start.toString(16).padStart(16, "0")}`);
}

async function collect(query?: OutputQuery, growth?: Parameters<typeof readOutput>[2]) {
  return await Array.fromAsync(readOutput(directory, query, growth), describeChunk);
}

function describeChunk({ stream, data, next, lost }: OutputChunk) {
  return [stream, Buffer.from(data).toString(), next, ...(lost === undefined ? [] : [lost])];
}

describe("readOutput", () => {
  it("gives nothing for no record and for no directory", async () => {
    expect(await collect()).toEqual([]);
    await expect(Array.fromAsync(readOutput(join(directory, "none")))).resolves.toEqual([]);
  });

  it("gives records with stream, time and position", async () => {
    await writeFile(segment(0), Buffer.concat([record("ab"), record("c", 2, 2n ** 60n)]));
    const chunks = await Array.fromAsync(readOutput(directory));
    expect(chunks.map(describeChunk)).toEqual([
      ["stdout", "ab", 2],
      ["stderr", "c", 3],
    ]);
    expect(chunks.map(({ time }) => time)).toEqual([5n, 2n ** 60n]);
  });

  it("goes on in the next segment", async () => {
    await writeFile(segment(0), record("ab"));
    await writeFile(segment(2), record("cd"));
    expect(await collect()).toEqual([
      ["stdout", "ab", 2],
      ["stdout", "cd", 4],
    ]);
  });

  it("begins at a position, also within a record", async () => {
    await writeFile(segment(0), Buffer.concat([record("abc"), record("def")]));
    await writeFile(segment(6), record("ghi"));
    expect(await collect({ from: 4 })).toEqual([
      ["stdout", "ef", 6],
      ["stdout", "ghi", 9],
    ]);
    expect(await collect({ from: 9 })).toEqual([]);
    expect(await collect({ from: 100 })).toEqual([]);
  });

  it("reports what was dropped before its position was reached", async () => {
    await writeFile(segment(10), record("ab"));
    expect(await collect({ from: 4 })).toEqual([["stdout", "ab", 12, 6]]);
    expect(await collect()).toEqual([["stdout", "ab", 12]]);
  });

  it("reports a gap between two segments", async () => {
    await writeFile(segment(0), record("ab"));
    await writeFile(segment(7), record("cd"));
    expect(await collect()).toEqual([
      ["stdout", "ab", 2],
      ["stdout", "cd", 9, 5],
    ]);
    expect(await collect({ from: 5 })).toEqual([["stdout", "cd", 9, 2]]);
  });

  it.each([1, 10, 15, 16, 17])("leaves out a last record of which %i bytes are there", async (size) => {
    await writeFile(segment(0), Buffer.concat([record("ab"), record("cd").subarray(0, size)]));
    expect(await collect()).toEqual([["stdout", "ab", 2]]);
    expect(await outputEnd(directory)).toBe(2);
  });

  it("goes on behind a torn record that a later segment follows", async () => {
    await writeFile(segment(0), Buffer.concat([record("ab"), record("cd").subarray(0, 9)]));
    await writeFile(segment(2), record("ef"));
    expect(await collect()).toEqual([
      ["stdout", "ab", 2],
      ["stdout", "ef", 4],
    ]);
  });

  it("does not take garbage for a record", async () => {
    await writeFile(segment(0), Buffer.concat([record("ab"), Buffer.alloc(100, 0xff)]));
    expect(await collect()).toEqual([["stdout", "ab", 2]]);
  });

  it("reads records that fill many blocks", async () => {
    const pieces = Array.from({ length: 40 }, (_, index) => String.fromCodePoint(97 + (index % 26)).repeat(60_000));
    await writeFile(segment(0), Buffer.concat(pieces.map((piece) => record(piece))));
    const chunks = await Array.fromAsync(readOutput(directory));
    expect(chunks.map(({ data }) => Buffer.from(data).toString())).toEqual(pieces);
  });

  it("follows until the end is told and misses nothing that was written meanwhile", async () => {
    const writes = [
      () => writeFile(segment(0), record("ab")),
      () => appendFile(segment(0), record("cd")),
      async () => {
        await appendFile(segment(0), record("ef"));
        await writeFile(segment(6), record("gh"));
      },
    ];
    let ended = false;
    const chunks = await collect(
      { follow: true },
      {
        ended: () => ended,
        grown: async () => {
          await writes.shift()?.();
          ended = writes.length === 0;
        },
      },
    );
    expect(chunks.map(([, data]) => data)).toEqual(["ab", "cd", "ef", "gh"]);
  });

  it("keeps reading a segment that is dropped under it and then reports the gap", async () => {
    await writeFile(segment(0), record("ab"));
    let ended = false;
    const growth = {
      ended: () => ended,
      grown: async () => {
        await appendFile(segment(0), record("cd"));
        await unlink(segment(0));
        await writeFile(segment(9), record("ef"));
        ended = true;
      },
    };
    expect(await collect({ follow: true }, growth)).toEqual([
      ["stdout", "ab", 2],
      ["stdout", "cd", 4],
      ["stdout", "ef", 11, 5],
    ]);
  });

  it("takes a torn record up when the monitor has cut it off and written on", async () => {
    const whole = record("ab");
    await writeFile(segment(0), Buffer.concat([whole, record("cd").subarray(0, 17)]));
    let ended = false;
    const growth = {
      ended: () => ended,
      grown: async () => {
        await truncate(segment(0), whole.length);
        await appendFile(segment(0), record("x", 2));
        ended = true;
      },
    };
    expect(await collect({ follow: true }, growth)).toEqual([
      ["stdout", "ab", 2],
      ["stderr", "x", 3],
    ]);
  });

  it("stops with the signal's reason", async () => {
    await writeFile(segment(0), Buffer.concat([record("ab"), record("cd")]));
    const controller = new AbortController();
    const reason = new Error("enough");
    const read = async () => {
      for await (const chunk of readOutput(directory, { signal: controller.signal })) {
        expect(chunk.next).toBe(2);
        controller.abort(reason);
      }
    };
    await expect(read()).rejects.toBe(reason);
  });
});

describe("releaseOutput", () => {
  it("drops whole segments before the position and keeps the last", async () => {
    for (const start of [0, 2, 4]) await writeFile(segment(start), record("ab"));
    await releaseOutput(directory, 3);
    expect(await collect()).toEqual([
      ["stdout", "ab", 4],
      ["stdout", "ab", 6],
    ]);
    await releaseOutput(directory, 100);
    expect(await readdir(directory)).toHaveLength(1);
    expect(await outputEnd(directory)).toBe(6);
  });
});
