import { PassThrough } from "node:stream";
import type { ReadStream } from "node:tty";

import { expect, it } from "vitest";

import { readChunks } from "../src/terminal-input.ts";

/** A pipe with the `unref` that a process's own input has. */
function pipe(): PassThrough & ReadStream {
  return Object.assign(new PassThrough(), { unref: () => {} }) as unknown as PassThrough & ReadStream;
}

async function all(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  let text = "";
  for await (const chunk of chunks) text += Buffer.from(chunk).toString();
  return text;
}

it("reads what comes until the end", async () => {
  const stream = pipe();
  const reading = all(readChunks(stream));
  stream.write("one ");
  await new Promise((resolve) => setTimeout(resolve, 5));
  stream.end("two");
  expect(await reading).toBe("one two");
});

it("ends at once for an input that has ended, and for an abort before", async () => {
  const stream = pipe();
  stream.end();
  expect(await all(readChunks(stream))).toBe("");
  expect(await all(readChunks(pipe(), AbortSignal.abort()))).toBe("");
});

it("stops waiting at an abort, leaves the stream open and without listeners", async () => {
  const stream = pipe();
  const controller = new AbortController();
  const before = stream.eventNames().length;
  const reading = all(readChunks(stream, controller.signal));
  stream.write("kept");
  await new Promise((resolve) => setTimeout(resolve, 5));
  controller.abort();
  expect(await reading).toBe("kept");
  expect(stream.destroyed).toBe(false);
  expect(stream.eventNames()).toHaveLength(before);
});

it("tells an error of the input", async () => {
  const stream = pipe();
  const reading = all(readChunks(stream));
  stream.destroy(new Error("EIO"));
  await expect(reading).rejects.toThrow("EIO");
});

it("reads an input that is a file, which keeps no process", async () => {
  const file = new PassThrough() as unknown as PassThrough & ReadStream;
  file.end("content");
  expect(await all(readChunks(file))).toBe("content");
});
