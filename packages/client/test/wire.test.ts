import { EngineError } from "@gantry/core";
import { describe, expect, it } from "vitest";

import { splitReference } from "../src/image-reference.ts";
import { apiError } from "../src/wire/api-error.ts";
import { readLines } from "../src/wire/bodies.ts";
import { decodeFrames, plainOutput } from "../src/wire/frame-decoder.ts";
import { progressEvent, readProgress } from "../src/wire/progress-stream.ts";
import { filterParameter, imagePart, namePart, queryString, timeParameter } from "../src/wire/query-string.ts";
import { readStamps } from "../src/wire/stamp-reader.ts";
import { parseNanoseconds } from "../src/wire/timestamps.ts";
import { all, chunks, frame } from "./scripted-server.ts";

const text = (data: Uint8Array): string => new TextDecoder().decode(data);

/** The same bytes in pieces of one size. */
function pieces(content: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  const count = Math.ceil(content.length / size);
  return chunks(...Array.from({ length: count }, (_, index) => content.subarray(index * size, (index + 1) * size)));
}

describe("frames", () => {
  const wire = Buffer.concat([
    frame(1, "out\n"),
    frame(2, ""),
    frame(2, "err\n"),
    frame(0, "in"),
    frame(1, "x".repeat(300)),
  ]);

  it.each([1, 2, 3, 7, 8, 9, 64, 1000])("come whole from pieces of %i bytes", async (size) => {
    const output = { stdout: "", stderr: "" };
    for await (const { stream, data } of decodeFrames(pieces(wire, size))) output[stream] += text(data);
    expect(output).toEqual({ stdout: `out\nin${"x".repeat(300)}`, stderr: "err\n" });
  });

  it("keep the order between streams", async () => {
    const read = await all(decodeFrames(chunks(wire)));
    expect(read.map(({ stream, data, first }) => [stream, text(data).slice(0, 3), first])).toEqual([
      ["stdout", "out", true],
      ["stderr", "err", true],
      ["stdout", "in", true],
      ["stdout", "xxx", true],
    ]);
  });

  it("of errors are thrown", async () => {
    const stream = decodeFrames(pieces(Buffer.concat([frame(1, "a"), frame(3, "the log is gone\n")]), 5));
    await expect(all(stream)).rejects.toThrow(new EngineError("internal", "the log is gone"));
  });

  it.each([4, 10])("that end after %i bytes are an error", async (length) => {
    const stream = decodeFrames(chunks(frame(1, "hello").subarray(0, length)));
    await expect(all(stream)).rejects.toMatchObject({ code: "unavailable" });
  });
});

describe("times of logs", () => {
  const stamp = "2024-05-01T12:00:00.000000001Z ";
  const next = "2024-05-01T12:00:00.000000002Z ";
  const base = BigInt(Date.parse("2024-05-01T12:00:00Z")) * 1_000_000n;

  async function read(source: Parameters<typeof readStamps>[0]) {
    const entries: [string, bigint][] = [];
    for await (const { data, time } of readStamps(source)) {
      const last = entries.at(-1);
      if (last?.[1] === time) last[0] += text(data);
      else entries.push([text(data), time]);
    }
    return entries.map(([content, time]) => [content, Number(time - base)]);
  }

  it.each([1, 5, 100])("are taken off lines in frames cut to %i bytes", async (size) => {
    const wire = Buffer.concat([frame(1, `${stamp}one\n`), frame(1, `${next}two words\n`)]);
    expect(await read(decodeFrames(pieces(wire, size)))).toEqual([
      ["one\n", 1],
      ["two words\n", 2],
    ]);
  });

  it("are taken off lines of one frame and of a terminal", async () => {
    const lines = `${stamp}one\n${next}\n${next}two`;
    const expected = [
      ["one\n", 1],
      ["\ntwo", 2],
    ];
    expect(await read(decodeFrames(chunks(frame(1, lines))))).toEqual(expected);
    expect(await read(plainOutput(chunks(lines)))).toEqual(expected);
  });

  it("are taken off the pieces of a long line that a server splits", async () => {
    const wire = Buffer.concat([frame(1, `${stamp}begin`), frame(1, `${next}end\n`)]);
    expect(await read(decodeFrames(chunks(wire)))).toEqual([
      ["begin", 1],
      ["end\n", 2],
    ]);
  });

  it("leave a text alone that has none", async () => {
    const wire = Buffer.concat([frame(1, `${stamp}begin`), frame(1, " middle"), frame(1, "2024 end"), frame(1, "x")]);
    expect(await read(decodeFrames(chunks(wire)))).toEqual([["begin middle2024 endx", 1]]);
  });

  it("are read to the nanosecond", () => {
    expect(parseNanoseconds("1970-01-01T00:00:01.000000002Z")).toBe(1_000_000_002n);
    expect(parseNanoseconds("1970-01-01T01:00:01.5+01:00")).toBe(1_500_000_000n);
    expect(parseNanoseconds("1970-01-01")).toBeUndefined();
    expect(timeParameter(1_714_564_800_000_000_001n)).toBe("1714564800.000000001");
  });
});

describe("requests", () => {
  it("have queries with lists, flags and what must be encoded", () => {
    expect(queryString({ a: undefined, b: false, c: true, d: 0, e: ["x y", "&"], f: "" })).toBe(
      "?c=1&d=0&e=x%20y&e=%26&f=",
    );
    expect(queryString({ a: undefined })).toBe("");
    expect(filterParameter({ name: ["a", "b"] })).toBe('{"name":{"a":true,"b":true}}');
    expect(filterParameter({})).toBeUndefined();
  });

  it("keep the separators of image names and encode the rest", () => {
    expect(imagePart("host:5000/a/b:1@sha256:00")).toBe("host:5000/a/b:1@sha256:00");
    expect(imagePart("x?y#z%")).toBe("x%3Fy%23z%25");
    expect(namePart("/web")).toBe("web");
    expect(namePart("a/b")).toBe("a%2Fb");
  });

  it.each(["", "/", ".", ".."])("refuse %j as a name, which would be another path", (name) => {
    expect(() => namePart(name)).toThrow(EngineError);
  });

  it.each(["", "a//b", "../containers/x", "a/./b", "/a"])(
    "refuse %j as an image, which would be another path",
    (name) => {
      expect(() => imagePart(name)).toThrow("invalid reference format");
    },
  );

  it.each([
    ["a", { repository: "a" }],
    ["a:1", { repository: "a", tag: "1" }],
    ["host:5000/a", { repository: "host:5000/a" }],
    ["host:5000/a:1", { repository: "host:5000/a", tag: "1" }],
    ["a@sha256:12", { repository: "a", tag: "sha256:12" }],
    ["", {}],
  ])("split the name %j", (name, parts) => {
    expect(splitReference(name)).toEqual(parts);
  });
});

describe("answers", () => {
  it.each([
    [400, "invalid-argument"],
    [401, "unauthorized"],
    [403, "forbidden"],
    [404, "not-found"],
    [409, "conflict"],
    [304, "not-modified"],
    [500, "internal"],
    [501, "unsupported"],
    [503, "unavailable"],
    [418, "internal"],
  ])("of status %i are errors with the code %s and one line", (status, code) => {
    expect(apiError(status, " first\nsecond\n")).toMatchObject({ code, message: "first: second", details: { status } });
    expect(apiError(status, "").message).toContain(String(status));
  });

  it.each([
    ['runtime create failed: exec: "x": executable file not found in $PATH', "executable-not-found"],
    ['failed to start container process: exec: "/x": stat /x: no such file or directory', "executable-not-found"],
    ['OCI runtime exec failed: exec: "/etc": permission denied', "executable-not-permitted"],
    ["lstat /data: no such file or directory", undefined],
  ])("tell why a program could not start: %s", (message, reason) => {
    expect(apiError(400, message).details["reason"]).toBe(reason);
  });

  it("come line by line, whatever the pieces", async () => {
    expect(await all(readLines(pieces(Buffer.from('{"a":"ü"}\r\n\n{"b":1}'), 3)))).toEqual(['{"a":"ü"}\r', '{"b":1}']);
  });

  it("of progress end with the server's failure", async () => {
    const body = chunks('{"status":"Pulling"}\n{"errorDetail":{"code":404,"message":"no such image"},"error":"x"}\n');
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const line of readProgress(body)) seen.push(line.status);
    })();
    await expect(reading).rejects.toMatchObject({ code: "not-found", message: "no such image" });
    expect(seen).toEqual(["Pulling"]);
    await expect(all(readProgress(chunks('{"error":"full"}\n')))).rejects.toThrow("full");
    await expect(all(readProgress(chunks("<html>\n")))).rejects.toThrow("not JSON: <html>");
  });

  it("of progress become events", () => {
    expect(progressEvent({ id: "a", status: "Downloading", progressDetail: { current: 1, total: 2 } })).toEqual({
      id: "a",
      status: "Downloading",
      current: 1,
      total: 2,
    });
    expect(progressEvent({ status: "Done", progressDetail: {} })).toEqual({ status: "Done" });
    expect(progressEvent({ stream: "x" })).toBeUndefined();
  });
});
