import { EngineError } from "@gantry/core";
import { describe, expect, it } from "vitest";

import { runCli, startCli } from "./support/run-cli.ts";

const directory = 0x8000_01ed;
const link = 0x0800_01ff;
const file = 0o644;

describe("archives out", () => {
  it.each([
    [
      ["export", "c"],
      ["export", "c"],
    ],
    [
      ["tar", "c"],
      ["export", "c"],
    ],
    [
      ["save", "a", "b:1"],
      ["save", ["a", "b:1"]],
    ],
  ])("%j writes to stdout", async (argv, call) => {
    const run = await runCli(argv, { archive: ["ta", "r"] });
    expect(run).toMatchObject({ status: 0, stdout: "tar", stderr: "" });
    expect(run.engine.calls).toEqual([call]);
  });

  it.each(["export", "save"])("%s writes to a file, also from a terminal", async (name) => {
    const run = await runCli([name, "-o", "x.tar", "c"], { archive: ["tar"] }, { terminal: { stdout: true } });
    expect(run).toMatchObject({ status: 0, stdout: "" });
    expect(run.host.disk.get("x.tar")).toBe("tar");
  });

  it.each(["export", "tar", "save"])("%s does not disturb a terminal", async (name) => {
    expect(await runCli([name, "c"], {}, { terminal: { stdout: true } })).toMatchObject({ status: 1, connections: 0 });
  });
});

describe("archives in", () => {
  it("put makes an image of stdin", async () => {
    const run = await runCli(["put", "name"], {}, { input: ["ta", "r"] });
    expect(run).toMatchObject({ status: 0, stdout: "sha256:1\n" });
    expect(run.engine.called("importLayer")).toEqual([["importLayer", { name: "name" }]]);
    expect(run.engine.received).toEqual(["tar"]);
  });

  it("import takes a file or stdin, and what to keep", async () => {
    const call = startCli(["import", "-m", "why", "-c", "CMD x", "x.tar", "name:1"]);
    call.host.disk.set("x.tar", "tar");
    const run = await call.done;
    expect(run.engine.called("importLayer")).toEqual([
      ["importLayer", { name: "name:1", comment: "why", changes: ["CMD x"] }],
    ]);
    expect(run.engine.received).toEqual(["tar"]);
    expect((await runCli(["import", "-"], {}, { input: ["in"] })).engine.received).toEqual(["in"]);
    expect(await runCli(["import", "http://host/x.tar"])).toMatchObject({ status: 1, connections: 0 });
    expect(await runCli(["import", "nope.tar"])).toMatchObject({
      status: 1,
      stderr: "docker: nope.tar: no such file or directory\n",
    });
  });

  it("load tells what came", async () => {
    const loaded = [
      { id: "sha256:1", tags: ["a:1", "b:1"] },
      { id: "sha256:2", tags: [] },
    ];
    const call = startCli(["load", "-i", "x.tar"], { loaded });
    call.host.disk.set("x.tar", "tar");
    expect(await call.done).toMatchObject({
      status: 0,
      stdout: "Loaded image: a:1\nLoaded image: b:1\nLoaded image ID: sha256:2\n",
    });
    expect(call.engine.received).toEqual(["tar"]);
    expect((await runCli(["load", "-q"], { loaded }, { input: ["in"] })).engine.received).toEqual(["in"]);
  });

  it.each([["put", "x"], ["import", "-"], ["load"]])("%s does not wait for a terminal", async (...argv) => {
    const run = await runCli(argv, {}, { terminal: { stdin: true } });
    expect(run.status).toBe(1);
    expect(run.stderr).toContain("stdin is a terminal");
  });
});

describe("cp out of a container", () => {
  const paths = {
    "/": { mode: directory },
    "/f": { mode: file },
    "/d": { mode: directory },
    "/d/.": { mode: directory },
    "/l": { mode: link, linkTarget: "d" },
    "/abs": { mode: link, linkTarget: "/f" },
  };

  it.each([
    ["/f", "dir", ["dir", { keepOwners: false }]],
    ["/f", "dir/", ["dir/", { keepOwners: false }]],
    ["/f", ".", [".", { keepOwners: false }]],
    ["/f", "dir/new", ["dir", { keepOwners: false, rename: "new" }]],
    ["/f", "old", [".", { keepOwners: false, rename: "old" }]],
    ["/d", "dir", ["dir", { keepOwners: false }]],
    ["/d", "dir/new", ["dir", { keepOwners: false, rename: "new" }]],
    ["/d/.", "dir/new", ["dir/new", { keepOwners: false }]],
    ["/d/.", "dir", ["dir", { keepOwners: false }]],
    ["/", "dir/new", ["dir/new", { keepOwners: false }]],
  ])("%s to %s", async (source, target, unpacked) => {
    const call = startCli(["cp", `c:${source}`, target], { paths, archive: ["tar"] });
    call.host.disk.set("dir/", "").set("old", "x");
    expect(await call.done).toMatchObject({ status: 0, stderr: "" });
    expect(call.host.unpacked).toEqual([[...unpacked, "tar"]]);
  });

  it("streams to stdout, follows links, keeps owners", async () => {
    expect((await runCli(["cp", "c:/f", "-"], { paths, archive: ["tar"] })).stdout).toBe("tar");
    const read = async (...argv: string[]) =>
      (await runCli(["cp", ...argv, "-"], { paths })).engine.called("readPath")[0];
    expect(await read("c:/l")).toEqual(["readPath", "c", "/l"]);
    expect(await read("-L", "c:/l")).toEqual(["readPath", "c", "/d"]);
    expect(await read("-L", "c:/abs")).toEqual(["readPath", "c", "/f"]);
    const call = startCli(["cp", "-a", "c:/f", "."], { paths });
    expect((await call.done).host.unpacked[0]![1]).toEqual({ keepOwners: true });
  });

  it.each([
    ["/d", "old", "cannot copy directory"],
    ["/f", "new/", "no such directory: new/"],
    ["/f", "no/such", "no such directory: no"],
    ["/f", "old/", "no such directory: old/"],
    ["/nope", ".", "Could not find the file /nope"],
  ])("refuses %s to %s", async (source, target, words) => {
    const call = startCli(["cp", `c:${source}`, target], { paths });
    call.host.disk.set("old", "x");
    const run = await call.done;
    expect(run.status).toBe(1);
    expect(run.stderr).toContain(words);
    expect(run.host.unpacked).toEqual([]);
  });
});

describe("cp into a container", () => {
  const paths = {
    "/": { mode: directory },
    "/d": { mode: directory },
    "/d/": { mode: directory },
    "/f": { mode: file },
    "/l": { mode: link, linkTarget: "d" },
  };

  it.each([
    ["file", "/d", "/d", "file"],
    ["file", "/d/", "/d/", "file"],
    ["file", "/l", "/d", "file"],
    ["file", "/d/new", "/d", "new"],
    ["file", "/f", "/", "f"],
    ["file", "", "/", "file"],
    ["dir", "/d", "/d", "dir"],
    ["dir", "/d/new", "/d", "new"],
    ["dir/.", "/d", "/d", ""],
    ["dir/.", "/d/new", "/d", "new"],
    [".", "/d", "/d", ""],
  ])("%s to %s", async (source, target, where, name) => {
    const call = startCli(["cp", source, `c:${target}`], { paths });
    call.host.disk.set("file", "x").set("dir/", "").set("dir/./", "");
    const run = await call.done;
    expect(run).toMatchObject({ status: 0, stderr: "" });
    expect(run.engine.called("writePath")).toEqual([
      ["writePath", "c", where, { noOverwriteDirNonDir: true, keepOwners: false }],
    ]);
    expect(run.engine.received).toEqual([`${source} as ${JSON.stringify({ name, followLink: name === "" })}`]);
  });

  it("unpacks stdin", async () => {
    const run = await runCli(["cp", "-a", "-", "c:/d"], { paths }, { input: ["tar"] });
    expect(run.engine.called("writePath")[0]![3]).toEqual({ noOverwriteDirNonDir: true, keepOwners: true });
    expect(run.engine.received).toEqual(["tar"]);
  });

  it.each([
    ["nope", "/d", "no such file or directory: nope"],
    ["dir", "/f", "cannot copy directory"],
    ["file", "/no/such", "no such directory: /no"],
  ])("refuses %s to %s", async (source, target, words) => {
    const call = startCli(["cp", source, `c:${target}`], { paths });
    call.host.disk.set("file", "x").set("dir/", "");
    const run = await call.done;
    expect([run.status, run.engine.called("writePath")]).toEqual([1, []]);
    expect(run.stderr).toContain(words);
  });
});

describe("cp of 2013", () => {
  it("gives an image another name", async () => {
    const run = await runCli(["cp", "base", "copy"], { present: ["base"] });
    expect(run).toMatchObject({ status: 0, stdout: "sha256:1\n" });
    expect(run.engine.called("tag")).toEqual([["tag", "base", "copy"]]);
  });

  it.each([
    [["base", "./copy"], []],
    [["base", "a/copy"], []],
    [["nothing", "copy"], []],
    [["base", "copy"], ["base"]],
  ])("is not meant by %j where %j are files", async (words, files) => {
    const call = startCli(["cp", ...words], { present: ["base"] });
    for (const path of files) call.host.disk.set(path, "");
    const run = await call.done;
    expect(run).toMatchObject({ status: 1, stdout: "" });
    expect(run.engine.called("tag")).toEqual([]);
  });

  it("is refused between containers", async () => {
    expect(await runCli(["cp", "a:/x", "b:/y"])).toMatchObject({ status: 1, connections: 0 });
  });
});

it("an archive that is refused is told in one line", async () => {
  const errors = { load: new EngineError("invalid-argument", "not an archive") };
  expect(await runCli(["load"], { errors }, { input: ["x"] })).toMatchObject({
    status: 1,
    stderr: "docker: not an archive\n",
  });
});
