import { EngineError } from "@gantry/core";
import type { ImageSummary, PullOptions } from "@gantry/engine";
import { collectBytes, streamOf } from "@gantry/testkit";
import { describe, expect, it } from "vitest";

import { ApiClient } from "./api-client.ts";
import { image, imageId } from "./records.ts";

const summaries: readonly ImageSummary[] = [
  { id: "sha256:a", tags: ["busybox:1", "busybox:latest"], createdAt: "2026-01-02T00:00:00Z", size: 1, labels: {} },
  { id: "sha256:b", tags: ["host:5000/team/web:2"], createdAt: "2026-01-01T00:00:00Z", size: 2, labels: { a: "b" } },
  { id: "sha256:c", tags: [], createdAt: "2026-01-03T00:00:00Z", size: 3, labels: {} },
];

describe("a list of images", () => {
  const inspect = async () => ({ ...image, record: { ...image.record, createdAt: "2026-01-02T00:00:00Z" } });
  const client = new ApiClient({ images: { list: async () => summaries, inspect } });
  const ids = async (filters: object) => {
    const { json } = await client.ask("GET", `/images/json?filters=${encodeURIComponent(JSON.stringify(filters))}`);
    return (json as { Id: string }[]).map(({ Id }) => Id.slice(7));
  };

  it.each<[object, string[]]>([
    [{}, ["a", "b", "c"]],
    [{ dangling: { true: true } }, ["c"]],
    [{ dangling: ["false"] }, ["a", "b"]],
    [{ reference: ["busybox"] }, ["a"]],
    [{ reference: ["busy*:1"] }, ["a"]],
    [{ reference: ["*/web"] }, []],
    [{ reference: ["*/*/web"] }, ["b"]],
    [{ label: ["a=b"] }, ["b"]],
    [{ label: ["a", "x"] }, []],
    [{ before: ["x"] }, ["b"]],
    [{ since: ["x"] }, ["c"]],
  ])("by %j", async (filters, expected) => expect(await ids(filters)).toEqual(expected));

  it("by reference shows the names that are meant", async () => {
    const filters = encodeURIComponent('{"reference":["*:latest"]}');
    expect((await client.ask("GET", `/images/json?filters=${filters}`)).json).toMatchObject([
      { RepoTags: ["busybox:latest"] },
    ]);
  });

  it.each([{ nope: ["x"] }, { dangling: ["maybe"] }])("refuses %j", async (filters) => {
    const query = encodeURIComponent(JSON.stringify(filters));
    expect((await client.ask("GET", `/images/json?filters=${query}`)).status).toBe(400);
  });
});

describe("pull", () => {
  it("tells its progress, a bar among it", async () => {
    const asked: string[] = [];
    const pull = async (reference: string, { progress = () => {} }: PullOptions = {}) => {
      asked.push(reference);
      progress({ id: "abc", status: "Downloading", current: 500_000, total: 1_000_000 });
      progress({ status: "Status: done" });
      return { id: imageId, digest: imageId, upToDate: false };
    };
    const client = new ApiClient({ images: { pull } });
    const { text } = await client.ask("POST", "/images/create?fromImage=docker.io/library/a&tag=1");
    expect(
      text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([
      {
        id: "abc",
        status: "Downloading",
        progressDetail: { current: 500_000, total: 1_000_000 },
        progress: `[${"=".repeat(25)}>${" ".repeat(25)}]    500kB/1MB`,
      },
      { status: "Status: done", progressDetail: {} },
    ]);
    await client.ask("POST", "/images/create?fromImage=a&tag=sha256:0");
    await client.ask("POST", "/images/create?fromImage=a:2");
    expect(asked).toEqual(["docker.io/library/a:1", "a@sha256:0", "a:2"]);
  });

  it("fails as a request before its first line", async () => {
    const pull = async () => Promise.reject(new EngineError("not-found", "No such image: a"));
    const client = new ApiClient({ images: { pull } });
    expect((await client.ask("POST", "/images/create?fromImage=a&tag=1")).status).toBe(404);
    expect((await client.ask("POST", "/images/create?fromImage=")).status).toBe(400);
    expect((await client.ask("POST", "/images/create?fromImage=a&platform=plan9/mips")).status).toBe(501);
  });
});

describe("archives", () => {
  it("import takes the body, a name and changes", async () => {
    const asked: unknown[] = [];
    const importLayer = async (layer: AsyncIterable<Uint8Array>, options: object = {}) => {
      asked.push({ ...options, signal: undefined, layer: (await collectBytes(layer)).toString() });
      return { id: imageId };
    };
    const client = new ApiClient({ images: { importLayer } });
    const path = "/images/create?fromSrc=-&repo=a/b&tag=1&changes=CMD%20x&changes=ENV%20a=b";
    expect((await client.ask("POST", path, { body: Buffer.from("tar") })).json).toEqual({ status: imageId });
    expect(asked).toEqual([{ name: "a/b:1", comment: "Imported from -", changes: ["CMD x", "ENV a=b"], layer: "tar" }]);
    expect((await client.ask("POST", "/images/create?fromSrc=http://x")).status).toBe(501);
  });

  it("load names what it has loaded", async () => {
    const load = async () => [
      { id: imageId, tags: ["a:1", "b:2"] },
      { id: "sha256:1", tags: [] },
    ];
    const { text } = await new ApiClient({ images: { load } }).ask("POST", "/images/load?quiet=1");
    expect(text).toBe(
      '{"stream":"Loaded image: a:1\\n"}\n{"stream":"Loaded image: b:2\\n"}\n{"stream":"Loaded image ID: sha256:1\\n"}\n',
    );
  });

  it("save answers with a failure that comes before the archive", async () => {
    const asked: (readonly string[])[] = [];
    const save = (names: readonly string[]) => {
      asked.push(names);
      return streamOf(Buffer.from("tar"));
    };
    const client = new ApiClient({ images: { save } });
    const saved = await client.ask("GET", "/images/get?names=a:1&names=b/c");
    expect([saved.headers["content-type"], saved.text]).toEqual(["application/x-tar", "tar"]);
    await client.ask("GET", "/images/b/c:1/get");
    expect(asked).toEqual([["a:1", "b/c"], ["b/c:1"]]);
    expect((await client.ask("GET", "/images/get")).status).toBe(400);
    const failing = (): AsyncIterable<Uint8Array> => ({
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new EngineError("not-found", "No such image: a")) }),
    });
    expect((await new ApiClient({ images: { save: failing } }).ask("GET", "/images/a/get")).status).toBe(404);
  });
});

describe("names", () => {
  it("of images may have slashes, tags and digests", async () => {
    const seen: unknown[] = [];
    const note = async (...call: unknown[]) => {
      seen.push(call.slice(0, 2));
      return { untagged: ["a"], deleted: ["sha256:1"] } as never;
    };
    const client = new ApiClient({ images: { remove: note, tag: note } });
    expect((await client.ask("DELETE", "/images/host:5000/a/b@sha256:0?force=1")).json).toEqual([
      { Untagged: "a" },
      { Deleted: "sha256:1" },
    ]);
    expect((await client.ask("POST", "/images/a/b:1/tag?repo=docker.io/c/d&tag=2")).status).toBe(201);
    expect(seen).toEqual([
      ["host:5000/a/b@sha256:0", { force: true }],
      ["a/b:1", "docker.io/c/d:2"],
    ]);
    expect((await client.ask("POST", "/images/a/tag")).status).toBe(400);
  });
});
