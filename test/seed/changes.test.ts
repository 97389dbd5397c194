import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { eventually } from "../harness/eventually.ts";
import { obstacle, titled } from "../harness/requirements.ts";
import { seedDaemon } from "./seed-daemon.ts";
import { untar } from "./payloads.ts";

const reason = obstacle("tar");

/** Lays out files that can be changed. */
const prepare = `
  mkdir -p /t/dir/sub /t/swap /t/moved /t/gone/deep
  for f in kept read modified appended mode owner xattr times deleted replaced linked renamed dir/one dir/sub/two swap/in gone/deep/x moved/x; do echo $f > /t/$f; done
  ln -s kept /t/symlink`;

/** setxattr(2) of a file capability, the one attribute that every file system has: by number, for Debian has no setfattr here. */
const setAttribute = `perl -e '$path = "/t/xattr"; $name = "security.capability"; $value = pack("V5", 0x02000000, 1 << 10, 0, 0, 0); syscall(188, $path, $name, $value, 20, 0) == 0 or die $!'`;

const change = `
  cat /t/read > /dev/null; ls -lR /t > /dev/null
  echo new > /t/added; mkdir /t/new; echo x > /t/new/file
  echo other > /t/modified; echo more >> /t/appended
  chmod 600 /t/mode; chown 12:34 /t/owner; touch -d 2001-01-01 /t/times
  ${setAttribute}
  rm /t/deleted /t/symlink; rm -r /t/gone
  rm /t/replaced; mkdir /t/replaced; echo x > /t/replaced/inner
  rm -r /t/swap; echo file > /t/swap
  mv /t/renamed /t/renamed-to; mv /t/moved /t/moved-to
  ln /t/linked /t/hard
  echo x > /t/dir/sub/three; echo gone > /t/came; rm /t/came`;

const expectedChanges = [
  "C /t",
  "A /t/added",
  "C /t/appended",
  "D /t/deleted",
  "C /t/dir/sub",
  "A /t/dir/sub/three",
  "D /t/gone",
  "A /t/hard",
  // All names of a hard link change together, so that an image has them as one file.
  "C /t/linked",
  "C /t/mode",
  "C /t/modified",
  "D /t/moved",
  "A /t/moved-to",
  "A /t/moved-to/x",
  "A /t/new",
  "A /t/new/file",
  "C /t/owner",
  "D /t/renamed",
  "A /t/renamed-to",
  "C /t/replaced",
  "A /t/replaced/inner",
  "C /t/swap",
  "D /t/symlink",
  "C /t/times",
  "C /t/xattr",
];

describe.skipIf(reason !== undefined)(titled("changes", reason), () => {
  const daemon = seedDaemon({ hosts: ["rcli://127.0.0.1:0"] });
  /** Runs a script in a new container that stays. */
  async function run(name: string, image: string, script: string): Promise<void> {
    const { status, stderr } = await daemon().docker([
      "run",
      "--network",
      "none",
      "--name",
      name,
      image,
      "sh",
      "-ec",
      script,
    ]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  }
  const inside = (image: string, script: string) =>
    daemon().print("run", "--rm", "--network", "none", image, "sh", "-c", script);

  test("S14 change management, list, S28 operation list changes: diff shows A, C and D of what was done and nothing else", async () => {
    await run("layout", "base", prepare);
    await daemon().print("commit", "layout", "laid-out");
    await run("changed", "laid-out", change);
    expect((await daemon().print("diff", "changed")).trim().split("\n").toSorted()).toEqual(expectedChanges.toSorted());
    const kinds = ["C", "A", "D"];
    const answered = await daemon().api.get<{ Kind: number; Path: string }[]>("/containers/changed/changes");
    expect(answered.map(({ Kind, Path }) => `${kinds[Kind]} ${Path}`).toSorted()).toEqual(expectedChanges.toSorted());
    expect((await daemon().rcliText("diff", "changed")).trim().split("\n").toSorted()).toEqual(
      expectedChanges.toSorted(),
    );
    await run("unchanged", "laid-out", "cat /t/kept; ls -lR /t > /dev/null");
    expect(await daemon().print("diff", "unchanged")).toBe("");
  });

  test("S15 change management, commit: the new image has what was added and lacks what was deleted; the base is untouched, the parent recorded", async () => {
    await run("layout", "base", `${prepare}; rm /etc/issue`);
    const id = (
      await daemon().print("commit", "-a", "me", "-m", "laid out", "-c", 'CMD ["cat", "/t/kept"]', "layout", "laid-out")
    ).trim();
    expect(await daemon().print("run", "--rm", "--network", "none", "laid-out")).toBe("kept\n");
    await run("again", "laid-out", change);
    await daemon().print("commit", "again", "changed");
    const look =
      "cat /t/added /t/swap /t/hard; stat -c '%a %u:%g' /t/mode /t/owner; ls -d /t/deleted /t/gone /etc/issue /t/moved /t/replaced/inner 2>/dev/null; true";
    expect(await inside("changed", look)).toBe("new\nfile\nlinked\n600 0:0\n644 12:34\n/t/replaced/inner\n");
    expect(await inside("laid-out", "cat /t/deleted; ls /t/gone /t/moved /etc/issue 2>/dev/null; true")).toBe(
      "deleted\n/t/gone:\ndeep\n\n/t/moved:\nx\n",
    );
    expect(await inside("base", "ls -d /t 2>/dev/null; ls /etc/issue; true")).toBe("/etc/issue\n");
    interface Image {
      Id: string;
      Parent: string;
      Author: string;
      Comment: string;
      RootFS: { Layers: string[] };
    }
    const [base, laidOut, changed] = await Promise.all(
      ["base", "laid-out", "changed"].map((name) => daemon().api.get<Image>(`/images/${name}/json`)),
    );
    expect(laidOut).toMatchObject({ Id: id, Parent: base!.Id, Author: "me", Comment: "laid out" });
    expect(changed).toMatchObject({ Parent: id });
    expect(changed!.RootFS.Layers.slice(0, -2)).toEqual(base!.RootFS.Layers);
    expect(changed!.RootFS.Layers.slice(0, -1)).toEqual(laidOut!.RootFS.Layers);
  });

  test("S16 no templating: a working service is built by run and commit alone", async () => {
    await run("step-1", "busybox", "mkdir /www; echo '<h1>served</h1>' > /www/index.html");
    await daemon().print("commit", "step-1", "step-1");
    await run("step-2", "step-1", "echo '.txt:text/plain' > /etc/httpd.conf; echo plain > /www/note.txt");
    await daemon().print("commit", "step-2", "service");
    await daemon().print(
      "run",
      "-d",
      "--network",
      "none",
      "--name",
      "serving",
      "service",
      "httpd",
      "-f",
      "-h",
      "/www",
      "-c",
      "/etc/httpd.conf",
    );
    const fetch = (path: string) => daemon().docker(["exec", "serving", "wget", "-qO-", `http://127.0.0.1/${path}`]);
    expect(
      await eventually(
        () => fetch(""),
        ({ status }) => status === 0,
        30_000,
      ),
    ).toMatchObject({ stdout: "<h1>served</h1>\n" });
    expect(await fetch("note.txt")).toMatchObject({ stdout: "plain\n" });
  });

  test("S23 operation snapshot: of a container that writes, consistent and verified by checksum; it goes on", async () => {
    const script = `
      head -c 8000000 /dev/urandom > /data; sha256sum /data > /sum; i=0
      while :; do i=$((i + 1)); echo $i > /first; echo $i > /second; echo "line $i" >> /log; done`;
    await daemon().print("run", "-d", "--network", "none", "--name", "writing", "busybox", "sh", "-c", script);
    const counter = async () => Number((await daemon().docker(["exec", "writing", "cat", "/first"])).stdout);
    await eventually(counter, (value) => value > 100, 60_000);
    for (const name of ["snapshot-1", "snapshot-2"]) await daemon().print("commit", "writing", name);
    const after = await counter();
    expect(await eventually(counter, (value) => value > after, 30_000)).toBeGreaterThan(after);
    for (const name of ["snapshot-1", "snapshot-2"]) {
      const output = await inside(
        name,
        "sha256sum -c /sum; echo $(cat /first); echo $(cat /second); wc -l < /log; tail -n 1 /log",
      );
      const [check, first, second, lines, last] = output.split("\n");
      expect(check).toBe("/data: OK");
      // One instant: each file is the one before it or one step behind; a file that was just truncated is empty.
      const steps = [first, second, lines].map(Number);
      expect(last).toBe(`line ${lines!}`);
      const known = steps.filter((step) => step > 0);
      expect(known.length).toBeGreaterThanOrEqual(2);
      expect(Math.max(...known) - Math.min(...known)).toBeLessThanOrEqual(1);
      expect(known).toEqual(known.toSorted((left, right) => right - left));
    }
  });

  test("S49 tar: the merged root of a stopped and of a running container", async () => {
    await run("layout", "busybox", "mkdir /t; echo below > /t/file; echo x > /t/deleted");
    await daemon().print("commit", "layout", "laid-out");
    const script = "echo above > /t/file; rm /t/deleted; echo new > /t/new; ln -s new /t/link; exec sleep 1000";
    await daemon().print("run", "-d", "--network", "none", "--name", "running", "laid-out", "sh", "-c", script);
    const list = "find /etc /t /home /root /tmp /var /bin/busybox -xdev -type f -exec sha256sum {} +";
    const sums = async () => {
      const text = await daemon().print("exec", "running", "sh", "-c", list);
      // What is mounted for its name resolution is not of the root.
      return text
        .trim()
        .split("\n")
        .map((line) => line.split("  ") as [string, string])
        .filter(([, path]) => !/^\/etc\/(hosts|hostname|resolv.conf)$|^\/\.dockerenv$/.test(path));
    };
    await eventually(sums, (all) => all.some(([, path]) => path === "/t/new"), 30_000);
    const expected = await sums();
    expect(expected.map(([, path]) => path)).toEqual(expect.arrayContaining(["/t/file", "/t/new", "/bin/busybox"]));
    for (const end of [false, true]) {
      if (end) await daemon().print("kill", "running");
      const directory = mkdtempSync(join(tmpdir(), "gantry-seed-"));
      try {
        untar(await daemon().rcli(["tar", "running"]), directory);
        const found = expected.map(([, path]) => [
          createHash("sha256")
            .update(readFileSync(join(directory, path)))
            .digest("hex"),
          path,
        ]);
        expect(found).toEqual(expected);
        expect(readFileSync(join(directory, "t/link"), "utf8")).toBe("new\n");
        expect(() => readFileSync(join(directory, "t/deleted"))).toThrow(/ENOENT/);
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    }
  });
});
