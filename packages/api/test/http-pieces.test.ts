import { EngineError, type LogEntry } from "@gantry/core";
import { collectBytes } from "@gantry/testkit";
import { describe, expect, it } from "vitest";

import { negotiateVersion, splitVersion } from "../src/http/api-version.ts";
import { DetachWatch, parseDetachKeys } from "../src/http/detach-keys.ts";
import { frame } from "../src/http/frames.ts";
import { JsonFields } from "../src/http/json-fields.ts";
import { LineMarks } from "../src/http/line-marks.ts";
import { progressStream } from "../src/http/progress-stream.ts";
import { Query } from "../src/http/query.ts";
import { Router } from "../src/http/router.ts";
import { humanDuration } from "../src/shapes/times.ts";

const refused = (field?: string) =>
  expect.objectContaining({
    code: "invalid-argument",
    ...(field === undefined ? {} : { details: { field }, message: expect.stringContaining(field) }),
  });

describe("versions", () => {
  it("are taken off the path", () => {
    expect(splitVersion("/v1.41/containers/json")).toEqual({ path: "/containers/json", version: "1.41" });
    expect(splitVersion("/volumes")).toEqual({ path: "/volumes", version: undefined });
    expect(splitVersion("/v1.41")).toEqual({ path: "/v1.41", version: undefined });
  });

  it.each([
    ["1.24", 24],
    ["1.50", 50],
    [undefined, 50],
  ])("%s is spoken as %i", (version, spoken) => expect(negotiateVersion(version)).toBe(spoken));

  it.each(["1.23", "1", "0.9", "1.51", "2.0", "1.100"])("%s is not", (version) => {
    expect(() => negotiateVersion(version)).toThrow(refused());
  });
});

describe("a query", () => {
  it.each(["1", "true", "True", "yes", "anything"])("takes %s for true", (value) => {
    expect(new Query(`all=${value}`).boolean("all")).toBe(true);
  });
  it.each(["0", "false", "FALSE", "no", "none", "", " 0 "])("takes %j for false", (value) => {
    expect(new Query(`all=${encodeURIComponent(value)}`).boolean("all", true)).toBe(false);
  });

  it("reads filters in both of their forms", () => {
    const both = (value: unknown) => new Query(`filters=${encodeURIComponent(JSON.stringify(value))}`).filters();
    const filters = { label: ["a=b", "c"], status: ["exited"] };
    expect(both(filters)).toEqual(filters);
    expect(both({ label: { "a=b": true, c: true, d: false }, status: { exited: true } })).toEqual(filters);
    expect(new Query("filters=").filters()).toEqual({});
  });

  it.each(["nonsense", "[]", "null", '"x"', '{"label":"x"}', '{"label":[1]}', '{"label":null}'])(
    "refuses the filters %s",
    (value) => expect(() => new Query(`filters=${encodeURIComponent(value)}`).filters()).toThrow(refused("filters")),
  );

  it("reads numbers and times, and names what is none", () => {
    expect([new Query("t=-1").integer("t"), new Query("t=").integer("t")]).toEqual([-1, undefined]);
    expect(new Query("since=1795486280.5").time("since")).toBe(1_795_486_280_500_000_000n);
    expect(new Query("since=0").time("since")).toBe(0n);
    expect(() => new Query("h=x").integer("h")).toThrow(refused("h"));
    expect(() => new Query("h=9999999999999999").integer("h")).toThrow(refused("h"));
    for (const value of ["yesterday", "1.", "1.1234567890", "--1"]) {
      expect(() => new Query(`since=${value}`).time("since")).toThrow(refused("since"));
    }
  });
});

describe("routes", () => {
  const handle = async () => ({ status: 200, headers: {} });
  const router = new Router([
    { method: "GET", template: "/images/json", handle },
    { method: "GET", template: "/images/{name*}/json", handle },
    { method: "DELETE", template: "/images/{name*}", handle },
    { method: "GET", template: "/containers/{id}/json", handle },
  ]);
  const parameters = (method: string, path: string) => router.match(method, path)?.parameters;

  it("let names of images contain slashes, and no others", () => {
    expect(parameters("GET", "/images/json")).toEqual({});
    expect(parameters("GET", "/images/localhost:5000/a/b:1/json")).toEqual({ name: "localhost:5000/a/b:1" });
    expect(parameters("DELETE", "/images/a/b@sha256:0")).toEqual({ name: "a/b@sha256:0" });
    expect(parameters("GET", "/containers/a/b/json")).toBeUndefined();
    expect(parameters("GET", "/containers/a%2Fb/json")).toEqual({ id: "a/b" });
    expect(parameters("GET", "/containers/100%/json")).toEqual({ id: "100%" });
  });

  it("tell methods and whole paths apart", () => {
    expect(parameters("POST", "/images/json")).toBeUndefined();
    expect(parameters("GET", "/images/json/")).toBeUndefined();
    expect(parameters("GET", "/imagesXjson")).toBeUndefined();
    expect(parameters("GET", "/")).toBeUndefined();
  });
});

describe("fields of a body", () => {
  it("are found in any case; null is absent", () => {
    const fields = new JsonFields({ image: "a", Cmd: null, HostConfig: { memory: 1 } }, "");
    expect(fields.string("Image")).toBe("a");
    expect(fields.words("Cmd")).toBeUndefined();
    expect(fields.object("HostConfig")?.integer("Memory")).toBe(1);
  });

  it("take a command of one word for a list", () => {
    expect(new JsonFields({ Cmd: "a b" }, "").words("Cmd")).toEqual(["a b"]);
  });

  it.each<[string, unknown, (fields: JsonFields) => unknown]>([
    ["a string", 1, (fields) => fields.string("X")],
    ["a boolean", "true", (fields) => fields.boolean("X")],
    ["an integer", 1.5, (fields) => fields.integer("X")],
    ["a list of strings", [1], (fields) => fields.strings("X")],
    ["a list of strings", 5, (fields) => fields.words("X")],
    ["a list of integers", ["1"], (fields) => fields.integers("X")],
    ["an object of strings", { a: 1 }, (fields) => fields.stringMap("X")],
    ["an object", [], (fields) => fields.object("X")],
    ["an object", "a", (fields) => fields.keys("X")],
    ["a list of objects", [1], (fields) => fields.objects("X")],
  ])("that must be %s are named by their path", (_, value, read) => {
    expect(() => read(new JsonFields({ X: value }, "HostConfig"))).toThrow(refused("HostConfig.X"));
  });
});

describe("detach keys", () => {
  it("are read as Docker writes them", () => {
    expect(parseDetachKeys("")).toEqual([16, 17]);
    expect(parseDetachKeys("ctrl-a,b,ctrl-[,ctrl-@")).toEqual([1, 98, 27, 0]);
    for (const text of ["ctrl-", "ctrl-1", "ab", "a,,b", "ü"]) {
      expect(() => parseDetachKeys(text)).toThrow(refused());
    }
  });

  it("are found across chunks, and what only began like them is passed on", () => {
    const watch = new DetachWatch([16, 17]);
    expect(feed(watch, "a\x10")).toEqual(["a", false]);
    expect(feed(watch, "b\x10\x10")).toEqual(["\x10b\x10", false]);
    expect(feed(watch, "\x11rest")).toEqual(["", true]);
  });

  function feed(watch: DetachWatch, text: string): [string, boolean] {
    const { passed, detached } = watch.feed(Buffer.from(text));
    return [Buffer.from(passed).toString(), detached];
  }
});

it("frames name their stream and length", () => {
  expect(Buffer.from(frame("stderr", Buffer.from("ab"))).toString("hex")).toBe("02000000000000026162");
  expect(Buffer.from(frame("stdout", new Uint8Array(70_000)).subarray(0, 8)).toString("hex")).toBe("0100000000011170");
});

describe("line marks", () => {
  const entry = (text: string, stream: LogEntry["stream"] = "stdout"): LogEntry => ({
    stream,
    data: Buffer.from(text),
    time: 1_795_486_673_527_163_717n,
  });
  const marked = (marks: LineMarks, given: LogEntry) =>
    [...marks.mark(given)].map((data) => Buffer.from(data).toString());

  it("stand before each line once, also when it comes in pieces", () => {
    const marks = new LineMarks({ timestamps: true, details: false });
    const time = "2026-11-24T02:17:53.527163717Z ";
    expect(marked(marks, entry("a\nb"))).toEqual([`${time}a\n`, `${time}b`]);
    expect(marked(marks, entry("e\n", "stderr"))).toEqual([`${time}e\n`]);
    expect(marked(marks, entry("c\n\n"))).toEqual(["c\n", `${time}\n`]);
  });

  it("leave entries alone where none are asked for", () => {
    expect(marked(new LineMarks({ timestamps: false, details: false }), entry("a\nb"))).toEqual(["a\nb"]);
    expect(marked(new LineMarks({ timestamps: false, details: true }), entry("a\n"))).toEqual([" a\n"]);
  });
});

describe("a progress stream", () => {
  const lines = async (work: Parameters<typeof progressStream>[0]) => {
    const { body } = await progressStream(work);
    return Buffer.from(await collectBytes(body!)).toString();
  };

  it("tells a failure after its first line in the stream", async () => {
    const text = await lines(async (report) => {
      report({ status: "one" });
      await new Promise(setImmediate);
      report({ status: "two" });
      throw new EngineError("unavailable", "it broke");
    });
    expect(
      text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([{ status: "one" }, { status: "two" }, { errorDetail: { message: "it broke" }, error: "it broke" }]);
  });

  it("fails as a whole before it", async () => {
    await expect(progressStream(async () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  });

  it("may have nothing to tell", async () => expect(await lines(async () => {})).toBe(""));
});

it.each([
  [0, "Less than a second"],
  [1000, "1 second"],
  [59_999, "59 seconds"],
  [60_000, "About a minute"],
  [119_000, "About a minute"],
  [46 * 60_000, "46 minutes"],
  [60 * 60_000, "About an hour"],
  [100 * 60_000, "2 hours"],
  [49 * 3_600_000, "2 days"],
  [15 * 86_400_000, "2 weeks"],
  [70 * 86_400_000, "2 months"],
  [800 * 86_400_000, "2 years"],
])("%i ms are %s", (milliseconds, text) => expect(humanDuration(milliseconds)).toBe(text));
