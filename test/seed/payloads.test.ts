import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { obstacle, titled } from "../harness/requirements.ts";
import { describeTree } from "../harness/tree.ts";
import { compress, compressions, payloads, staticProgram, tarOf, untar } from "./payloads.ts";
import { seedDaemon } from "./seed-daemon.ts";

const reason = obstacle("tar", "gzip", "bzip2", "xz");

interface Image {
  Id: string;
  RepoTags: string[];
  Parent: string;
  RootFS: { Layers: string[] };
}

describe.skipIf(reason !== undefined)(titled("payloads", reason), () => {
  const daemon = seedDaemon({ hosts: ["rcli://127.0.0.1:0"] });
  const image = (name: string) => daemon().api.get<Image>(`/images/${name}/json`);
  let directory: string;
  const tree = (payload: string) => join(directory, payload);

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "gantry-seed-"));
    await daemon().print("create", "--name", "source", "busybox");
    const { body } = await daemon().api.call("GET", "/containers/source/archive?path=/bin/busybox");
    await daemon().print("rm", "source");
    const program = Buffer.from(untarOne(body));
    writeFileSync(join(directory, "program"), program, { mode: 0o755 });
    for (const [name, make] of Object.entries(payloads)) {
      mkdirSync(tree(name));
      make(tree(name), program);
    }
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  /** The one file of an archive. */
  function untarOne(archive: Buffer): Buffer {
    const size = Number.parseInt(archive.toString("latin1", 124, 136), 8);
    return archive.subarray(512, 512 + size);
  }

  /** What every container has besides its image's files, for its mounts; Docker's have the same. */
  const mountPoints = [
    ".dockerenv",
    "dev",
    "etc",
    "etc/hostname",
    "etc/hosts",
    "etc/mtab",
    "etc/resolv.conf",
    "proc",
    "sys",
  ];

  async function roundTrip(payload: string, archive: Buffer): Promise<string[]> {
    const printed = (await daemon().rcli(["put", payload], archive)).toString();
    expect(printed).toMatch(new RegExp(`^${payload}:[0-9a-f]{16}\n$`));
    const { Id } = await daemon().api.post<{ Id: string }>("/containers/create", { Image: payload, Cmd: ["x"] });
    const copy = join(directory, "copy");
    try {
      untar(await daemon().rcli(["tar", Id]), copy);
      return describeTree(copy);
    } finally {
      rmSync(copy, { recursive: true, force: true });
      await daemon().rcli(["rm", Id]);
      await daemon().rcli(["rmi", payload]);
    }
  }

  test.for(Object.keys(payloads))(
    "S02 heterogeneous payloads: %s, put plain, gz, bz2 and xz, comes back by tar bit for bit",
    async (payload) => {
      const tar = tarOf(tree(payload));
      for (const [form, filter] of Object.entries(compressions)) {
        const back = await roundTrip(payload, compress(tar, filter));
        const expected = describeTree(tree(payload));
        const added = back.filter((line) => !expected.includes(line));
        expect(
          back.filter((line) => !added.includes(line)),
          form,
        ).toEqual(expected);
        expect(
          added.map((line) => JSON.parse(line.split(" ")[0]!)),
          form,
        ).toEqual(mountPoints);
      }
    },
  );

  test("S02 heterogeneous payloads: a static binary alone in its root runs", async () => {
    await daemon().rcli(["put", "binary"], compress(tarOf(tree("binary")), compressions["xz"]));
    const echo = await daemon().docker(["run", "--rm", "--network", "none", "binary", staticProgram, "echo", "alone"]);
    expect(echo).toMatchObject({ status: 0, stdout: "alone\n", stderr: "" });
  });

  /** Every standard operation on one image and one container of it, as 2013 called them; ids are made comparable. */
  async function operate(payload: string): Promise<string[]> {
    const results: string[] = [];
    const act = async (argv: string[], stdin?: Uint8Array): Promise<string> => {
      const output = (await daemon().rcli(argv, stdin)).toString();
      const known = output.replaceAll(/[0-9a-f]{16}/g, "ID16").replaceAll(/[0-9a-f]{8}/g, "ID8");
      results.push(`${argv[0]}: ${known.replaceAll(new RegExp(`\\b${payload}\\b`, "g"), "PAYLOAD")}`);
      return output.trim();
    };
    await act(["put", payload], tarOf(tree(payload)));
    await act(["cp", payload, `${payload}-copy`]);
    const { Id } = await daemon().api.post<{ Id: string }>("/containers/create", {
      Image: payload,
      // The name of the program decides what busybox does.
      Cmd: ["/busybox", "sh", "-c", "echo out; echo err >&2; echo changed > /new; exit 5"],
      HostConfig: { NetworkMode: "none", Binds: [`${join(directory, "program")}:/busybox:ro`] },
    });
    const container = Id.slice(0, 8);
    await act(["diff", container]);
    await act(["start", container]);
    await act(["wait", container]);
    await act(["logs", container]);
    await act(["diff", container]);
    await act(["attach", container]);
    await act(["commit", container, `${payload}-changed`]);
    await act(["ps", "-a", "-q"]);
    await act(["info"]);
    await act(["stop", container]);
    await act(["restart", container]);
    await act(["kill", "no-such-container"]);
    await act(["wait", container]);
    const list = (tar: Buffer) => tarEntries(tar).filter((name) => /^(new|busybox)$/.test(name));
    results.push(list(await daemon().rcli(["tar", container])).join(" "));
    await act(["rm", container]);
    for (const name of ["-copy", "-changed", ""]) await act(["rmi", `${payload}${name}`]);
    results.push(await daemon().print("images", "--format", "{{.Repository}} {{.Tag}}"));
    return results;
  }

  function tarEntries(tar: Buffer): string[] {
    const copy = join(directory, "copy");
    try {
      untar(tar, copy);
      return readdirSync(copy).toSorted();
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  }

  test("S29 content-agnostic: all standard operations have the same effect on each payload", async () => {
    const [first, ...others] = Object.keys(payloads);
    const expected = await operate(first!);

    expect(expected).toEqual(
      expect.arrayContaining(["wait: 5\n", "logs: out\nerr\n", "diff: A /busybox\nA /new\n", "busybox new"]),
    );
    for (const payload of others) expect(await operate(payload), payload).toEqual(expected);
  });

  test("S25 operation upload: what is put has the digest of what was sent", async () => {
    const tar = tarOf(tree("files"));
    await daemon().rcli(["put", "first"], tar);
    await daemon().rcli(["put", "second"], compress(tar, compressions["gz"]));
    const digest = `sha256:${createHash("sha256").update(tar).digest("hex")}`;
    expect((await image("first")).RootFS.Layers).toEqual([digest]);
    expect((await image("second")).RootFS.Layers).toEqual([digest]);
    const truncated = compress(tar, compressions["gz"]).subarray(0, -100);
    expect((await daemon().rcli(["put", "third"], truncated)).toString()).toMatch(/^Error: .+\n$/);
    expect((await daemon().api.call("GET", "/images/third/json")).status).toBe(404);
  });
});
