import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";

import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";

import { ServedEngine } from "../harness/served-engine.ts";
import { temporaryRoots } from "../harness/docker.ts";
import { leftBehind, machineState } from "../harness/machine-state.ts";
import { runProgram } from "../harness/program.ts";
import { obstacle, titled } from "../harness/requirements.ts";
import { Terminal } from "../harness/terminal.ts";
import { tarOf, untar } from "./payloads.ts";
import { seedDaemon } from "./seed-daemon.ts";

const reason = obstacle("tar", "du");
const noPodman = obstacle("podman", "crun", "conmon", "unshare");
const noSkopeo = obstacle("skopeo");
const noTmux = obstacle("tmux");

interface Image {
  Id: string;
  RepoTags: string[];
  RootFS: { Layers: string[] };
}

describe.skipIf(reason !== undefined)(titled("delivery", reason), () => {
  const daemon = seedDaemon({ hosts: ["rcli://127.0.0.1:0"] });
  const image = (name: string) => daemon().api.get<Image>(`/images/${name}/json`);
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "gantry-seed-"));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  /** An image that tells what is its own, with nothing said at its start. */
  async function describing(): Promise<string> {
    await daemon().print(
      "run",
      "--network",
      "none",
      "--name",
      "made",
      "busybox",
      "sh",
      "-c",
      "mkdir /work; echo inside > /work/file",
    );
    const changes = [
      "WORKDIR /work",
      "ENV GREETING=hello",
      "USER 1000:1000",
      'CMD ["sh", "-c", "echo $GREETING $(cat file) $(id -u) $(pwd); exit 8"]',
    ];
    await daemon().print("commit", ...changes.flatMap((change) => ["-c", change]), "made", "describing");
    const archive = join(directory, "describing.tar");
    await daemon().print("save", "-o", archive, "describing");
    return archive;
  }
  const description = "hello inside 1000 /work\n";

  test("S18 self-describing and portable: one file runs on another engine of ours", async () => {
    const archive = await describing();
    using roots = temporaryRoots();
    const before = machineState(roots);
    {
      await using other = await ServedEngine.start(roots);
      await other.print("load", "-i", archive);
      expect((await other.api.get<Image>("/images/describing/json")).Id).toBe((await image("describing")).Id);
      expect(await other.docker(["run", "--rm", "--network", "none", "describing"])).toMatchObject({
        status: 8,
        stdout: description,
        stderr: "",
      });
    }
    expect(await leftBehind(roots, before)).toEqual([]);
  });

  test.skipIf(noPodman !== undefined)(
    titled("S18 self-describing and portable: the same file runs in podman", noPodman),
    async () => {
      const archive = await describing();
      const configuration = join(directory, "containers.conf");
      const ulimits = 'default_ulimits=["nofile=1024:1024","nproc=1024:1024"]';
      writeFileSync(
        configuration,
        `[containers]\n${ulimits}\n[engine]\ncgroup_manager="cgroupfs"\nevents_logger="none"\nruntime="crun"\n`,
      );
      const podman = `podman --root ${directory}/root --runroot ${directory}/run --tmpdir ${directory}/tmp --storage-driver vfs`;
      // crun refuses both versions of cgroups beside each other; in a mount namespace of its own it sees one, and leaves no mount.
      const script = `umount /sys/fs/cgroup/unified 2>/dev/null; ${podman} load -qi ${archive} >&2; ${podman} run --rm --network none describing; status=$?; ${podman} rmi -af >&2; exit $status`;
      const { status, stdout, stderr } = await runProgram(["unshare", "-m", "sh", "-c", script], {
        env: { CONTAINERS_CONF: configuration },
      });
      expect({ status, stdout, stderr }).toMatchObject({ status: 8, stdout: description });
    },
  );

  test("S22 operation copy: cp IMAGE NAME is a new name of the same layers and takes no space; cp copies files of containers", async () => {
    const usage = () =>
      Number.parseInt(execFileSync("du", ["-sx", "-B1", inject("roots").dataRoot], { encoding: "utf8" }), 10);
    const before = usage();
    expect(await daemon().rcliText("cp", "base", "copied")).toMatch(/^copied:[0-9a-f]{16}\n$/);
    expect((await image("copied")).RootFS).toEqual((await image("base")).RootFS);
    expect(usage() - before).toBeLessThan(100_000);
    await daemon().print("run", "--network", "none", "--name", "from", "copied", "sh", "-c", "echo copied > /file");
    await daemon().print("create", "--network", "none", "--name", "to", "copied", "cat", "/taken");
    await daemon().print("cp", "from:/file", join(directory, "taken"));
    expect(readFileSync(join(directory, "taken"), "utf8")).toBe("copied\n");
    await daemon().print("cp", join(directory, "taken"), "to:/taken");
    expect(await daemon().docker(["start", "-a", "to"])).toMatchObject({ status: 0, stdout: "copied\n" });
    await daemon().print("rmi", "copied", "-f");
    expect(await daemon().docker(["run", "--rm", "--network", "none", "base", "true"])).toMatchObject({ status: 0 });
  });

  test("S24 operation download: pull of a URL shows its progress and takes all or nothing", async () => {
    writeFileSync(join(directory, "file"), "downloaded\n");
    const tar = tarOf(directory);
    const archive = gzipSync(tar);
    await using server = createServer((request, response) => {
      if (request.url === "/missing.tar") return response.writeHead(404).end("no");
      response.writeHead(200, { "content-length": archive.length });
      if (request.url === "/whole.tar.gz") return response.end(archive);
      response.write(archive.subarray(0, archive.length / 2));
      return setTimeout(() => response.destroy(), 50);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const output = await daemon().rcliText("pull", `${url}/whole.tar.gz`);
    expect(output).toMatch(
      new RegExp(
        `^Downloading from ${url}/whole\\.tar\\.gz\n[^]*#+ +100\\.0%\nUnpacking to whole\nwhole:[0-9a-f]{16}\n$`,
      ),
    );
    expect((await image("whole")).RootFS.Layers).toEqual([`sha256:${createHash("sha256").update(tar).digest("hex")}`]);
    expect(await daemon().rcliText("pull", `${url}/missing.tar`)).toMatch(/Error: .*404/);
    expect(await daemon().rcliText("pull", `${url}/broken.tar.gz`)).toMatch(/Error: /);
    for (const name of ["missing", "broken"])
      expect((await daemon().api.call("GET", `/images/${name}/json`)).status).toBe(404);
  });

  test("S26 operation tag: several names of one image, revisions of a name, history newest first", async () => {
    for (const name of ["app", "app:first", "other/name:x"]) await daemon().print("tag", "busybox", name);
    const { Id, RepoTags } = await image("app");
    expect(RepoTags).toEqual(expect.arrayContaining(["app:first", "app:latest", "busybox:latest", "other/name:x"]));
    await daemon().print("run", "--network", "none", "--name", "changed", "app", "touch", "/second");
    await daemon().print("commit", "-m", "second step", "changed", "app");
    expect((await image("app")).Id).not.toBe(Id);
    expect((await image("app:first")).Id).toBe(Id);
    const history = (await daemon().print("history", "--format", "{{.ID}}|{{.Comment}}", "--no-trunc", "app"))
      .trim()
      .split("\n");
    expect(history[0]).toBe(`${(await image("app")).Id}|second step`);
    expect(history[1]).toMatch(new RegExp(`^${Id}\\|`));
    await daemon().print("rm", "changed");
    expect(await daemon().print("rmi", "app:first")).toBe("Untagged: app:first\n");
    expect((await image("other/name:x")).Id).toBe(Id);
  });

  test("S32 specification, image format: what save writes is a valid OCI layout, and Docker's archive, of the same blobs", async () => {
    const archive = await describing();
    const layout = join(directory, "layout");
    untar(readFileSync(archive), layout);
    const blob = (digest: string) => readFileSync(join(layout, "blobs", digest.replace(":", "/")));
    const sha256 = (bytes: Uint8Array) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    for (const name of readdirSync(join(layout, "blobs/sha256")))
      expect(sha256(blob(`sha256:${name}`))).toBe(`sha256:${name}`);
    const parse = (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString());
    expect(parse(readFileSync(join(layout, "oci-layout")))).toEqual({ imageLayoutVersion: "1.0.0" });
    const { manifests } = parse(readFileSync(join(layout, "index.json")));
    expect(manifests).toHaveLength(1);
    expect(blob(manifests[0].digest)).toHaveLength(manifests[0].size);
    const manifest = parse(blob(manifests[0].digest));
    for (const { digest, size } of [manifest.config, ...manifest.layers]) expect(blob(digest)).toHaveLength(size);
    const configuration = parse(blob(manifest.config.digest));
    expect(manifest.config.digest).toBe((await image("describing")).Id);
    const plain = (bytes: Buffer) => (bytes.readUInt16BE(0) === 0x1f8b ? gunzipSync(bytes) : bytes);
    expect(manifest.layers.map(({ digest }: { digest: string }) => sha256(plain(blob(digest))))).toEqual(
      configuration.rootfs.diff_ids,
    );
    expect(configuration).toMatchObject({
      architecture: "amd64",
      os: "linux",
      config: { User: "1000:1000", WorkingDir: "/work" },
    });
    const [docker] = parse(readFileSync(join(layout, "manifest.json")));
    expect(docker.RepoTags).toEqual(["describing:latest"]);
    expect(sha256(readFileSync(join(layout, docker.Config)))).toBe(manifest.config.digest);
    expect(docker.Layers.map((path: string) => sha256(plain(readFileSync(join(layout, path)))))).toEqual(
      configuration.rootfs.diff_ids,
    );
  });

  test.skipIf(noSkopeo !== undefined)(
    titled("S32 specification, image format: skopeo makes an OCI archive of it, and that is loaded again", noSkopeo),
    async () => {
      const archive = await describing();
      const { RootFS } = await image("describing");
      const converted = join(directory, "converted.tar");
      const copy = [
        "skopeo",
        "--insecure-policy",
        "copy",
        "-q",
        `docker-archive:${archive}`,
        `oci-archive:${converted}:describing:latest`,
      ];
      expect(await runProgram(copy)).toMatchObject({ status: 0, stderr: "" });
      await daemon().print("rm", "made");
      await daemon().print("rmi", "describing");
      const loaded = (await daemon().print("load", "-q", "-i", converted)).replace(
        /^Loaded image(?: ID)?: (.*)\n$/,
        "$1",
      );
      expect((await image(encodeURIComponent(loaded))).RootFS).toEqual(RootFS);
      expect(await daemon().docker(["run", "--rm", "--network", "none", loaded])).toMatchObject({
        status: 8,
        stdout: description,
      });
    },
  );

  test.skipIf(noTmux !== undefined)(
    titled("S47 setup: on a fresh machine a daemon, a pull and a run lead to a shell", noTmux),
    async () => {
      using roots = temporaryRoots();
      const before = machineState(roots);
      {
        await using fresh = await ServedEngine.start(roots);
        // base, which takes a minute, is made in the same way before all tests.
        await fresh.print("pull", "busybox");
        const { client, environment } = fresh;
        using shell = new Terminal([
          "env",
          `DOCKER_HOST=${environment["DOCKER_HOST"]}`,
          client,
          "run",
          "-it",
          "--rm",
          "--network",
          "none",
          "busybox",
          "sh",
        ]);
        expect(await shell.shows(/#$/)).toMatch(/#$/);
        shell.type("echo $((40 + 2)) is the answer; exit 3", "Enter");
        expect(await shell.shows(/status=3/)).toMatch(/42 is the answer[^]*status=3/);
      }
      expect(await leftBehind(roots, before)).toEqual([]);
    },
  );
});
