import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { checkout } from "../harness/docker.ts";
import { runProgram } from "../harness/program.ts";
import { obstacle, titled } from "../harness/requirements.ts";
import { seedHelp } from "../harness/seed-help.ts";
import { seedDaemon } from "./seed-daemon.ts";

const reason = obstacle("sh", "tar");

/** examples/pybuilder of 2013, with a shell instead of Python and the application on the standard input instead of on GitHub. */
const builder = `
set -e
test $# = 2 || { echo "usage: $0 BUILDER NAME < APPLICATION" >&2; exit 1; }
BUILD_JOB=$(docker run -i "$1" /usr/local/bin/buildapp < /dev/null)
docker attach -i "$BUILD_JOB"
docker wait "$BUILD_JOB" > /dev/null
docker commit "$BUILD_JOB" "$2" > /dev/null
docker rm "$BUILD_JOB"
docker run -a "$2" /usr/local/bin/runapp
`;

describe.skipIf(reason !== undefined)(titled("remote", reason), () => {
  const daemon = seedDaemon({ hosts: ["rcli://127.0.0.1:0", "web://127.0.0.1:0"] });
  const client = join(checkout, "bin/docker");
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "gantry-seed-"));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  /** The client of 2013. */
  const docker2013 = (args: string[], stdin = "") =>
    runProgram([client, ...args], { stdin, env: { DOCKER: daemon().authority("rcli") } });

  test("S46 remote control: DOCKER=host:port docker help prints the README's list; without a server the sentence of 2013", async () => {
    expect(await docker2013(["help"])).toMatchObject({ status: 0, stdout: seedHelp, stderr: "" });
    expect(await docker2013([])).toMatchObject({ status: 0, stdout: seedHelp });
    expect((await daemon().rcli([])).toString()).toBe(seedHelp);
    const missing = await runProgram([client, "help"], { env: { DOCKER: "localhost:1" } });
    const sentence = "Can't connect. Please set environment variable DOCKER to ip:port, eg. 'localhost:4242'.\n";
    expect(missing).toMatchObject({ status: 1, stdout: "", stderr: sentence });
    expect(await docker2013(["run", "-a", "-i", "busybox", "tr", "a-z", "A-Z"], "shouted\n")).toMatchObject({
      status: 0,
      stdout: "SHOUTED\n",
    });
  });

  test("S50 info: the three lines exactly", async () => {
    expect(await docker2013(["info"])).toMatchObject({ stdout: "containers: 0\nversion: 0.0.1\nimages: 2\n" });
    await daemon().rcli(["run", "busybox", "true"]);
    await daemon().rcli(["cp", "busybox", "again"]);
    expect(await daemon().rcliText("info")).toBe("containers: 1\nversion: 0.0.1\nimages: 2\n");
  });

  test("S48 web UI: web prints the page, and its HTTP answers as the command line does", async () => {
    const { stdout: page } = await docker2013(["web"]);
    expect(page).toMatch(/^<!doctype html>/i);
    const url = new URL((await docker2013(["web", "-u"])).stdout.trim());
    expect((await fetch(url)).status).toBe(200);
    expect(await (await fetch(url)).text()).toBe(page);
    await daemon().rcli(["run", "-c", "a comment", "busybox", "echo", "seen"]);
    const id = (await daemon().rcliText("ps", "-a", "-q")).trim();
    await daemon().rcli(["wait", id]);
    const headers = { "docker-web-token": url.searchParams.get("token")! };
    const ask = async (path: string) => (await fetch(new URL(path, url), { headers })).text();
    const list = await ask("/ps?q=-a&q=-q");
    expect(list).toBe(await daemon().rcliText("ps", "-a", "-q"));
    // Times are told in words that may change between two calls.
    const words = (text: string) =>
      text.replaceAll(/(\d+|Less than a|About a) (second|minute)s?/g, "TIME").replaceAll(/ +/g, " ");
    expect(words(await ask("/ps?q=-a"))).toBe(words(await daemon().rcliText("ps", "-a")));
    expect(await ask(`/logs?q=${id}`)).toBe("seen\n");
    expect((await fetch(new URL("/ps", url))).status).toBe(403);
    const rebound = await new Promise<number | undefined>((resolve, reject) => {
      request(new URL("/ps", url), { headers: { ...headers, host: "attacker.example" } }, (response) =>
        resolve(response.resume().statusCode),
      )
        .on("error", reject)
        .end();
    });
    expect(rebound).toBe(403);
  });

  test("S31 designed for automation: ids and nothing else on standard output, statuses, -q, JSON", async () => {
    const call = (args: readonly string[]) => daemon().docker(args);
    expect(
      await call(["run", "-d", "--network", "none", "--name", "auto", "busybox", "sh", "-c", "exit 9"]),
    ).toMatchObject({ status: 0, stdout: expect.stringMatching(/^[0-9a-f]{64}\n$/), stderr: "" });
    expect(await call(["wait", "auto"])).toMatchObject({ status: 0, stdout: "9\n", stderr: "" });
    expect(await call(["ps", "-aq"])).toMatchObject({ stdout: expect.stringMatching(/^[0-9a-f]{12}\n$/) });
    expect(await call(["images", "-q", "base"])).toMatchObject({ stdout: expect.stringMatching(/^[0-9a-f]{12}\n$/) });
    expect(JSON.parse((await call(["inspect", "auto"])).stdout)).toMatchObject([
      { Name: "/auto", State: { ExitCode: 9, Status: "exited" } },
    ]);
    expect(JSON.parse((await call(["ps", "-a", "--format", "{{json .}}"])).stdout)).toMatchObject({
      Names: "auto",
      State: "exited",
    });
    expect(await call(["inspect", "-f", "{{.State.ExitCode}}", "auto"])).toMatchObject({ stdout: "9\n" });
    for (const [args, status] of [
      [["start", "nobody"], 1],
      [["rm", "nobody"], 1],
      [["run", "--rm", "--network", "none", "busybox", "nothing-there"], 127],
      [["run", "--rm", "--network", "none", "busybox", "/etc/passwd"], 126],
      [["run", "--rm", "--no-such-flag", "busybox"], 125],
    ] as const) {
      const { output: _, ...result } = await call(args);
      expect({ args, ...result }).toEqual({ args, status, stdout: "", stderr: expect.stringMatching(/./) });
    }
  });

  test("S31 designed for automation: the pybuilder script of 2013 builds and runs an application", async () => {
    const programs = ["#!/bin/sh\nmkdir /app; tar -C /app -x; echo built\n", "#!/bin/sh\nexec sh /app/main.sh\n"];
    const writes = ["buildapp", "runapp"].map(
      (name, index) => `printf '%s' '${programs[index]!}' > /usr/local/bin/${name}`,
    );
    const setup = await daemon().rcliText("run", "base", "sh", "-c", `${writes.join("; ")}; chmod +x /usr/local/bin/*`);
    await daemon().rcliText("wait", setup.trim());
    await daemon().rcliText("commit", setup.trim(), "builder");
    writeFileSync(join(directory, "main.sh"), "echo the application runs\n");
    await runProgram(["tar", "-C", directory, "-cf", join(directory, "app.tar"), "main.sh"]);
    // The script calls `docker`, whatever it is here.
    writeFileSync(join(directory, "docker"), `#!/bin/sh\nexec '${client}' "$@"\n`, { mode: 0o755 });
    const env = { DOCKER: daemon().authority("rcli"), NORAW: "1", PATH: `${directory}:${process.env["PATH"]}` };
    const result = await runProgram(["sh", "-c", builder, "pybuilder", "builder", "built-app"], {
      env,
      stdin: readFileSync(join(directory, "app.tar")),
    });
    expect(result).toMatchObject({ status: 0, stdout: "built\nthe application runs\n", stderr: "" });
    const usage = await runProgram(["sh", "-c", builder, "pybuilder"], { env });
    expect(usage).toMatchObject({ status: 1, stderr: "usage: pybuilder BUILDER NAME < APPLICATION\n" });
    expect(await daemon().rcliText("images", "-q", "built-app")).toMatch(/^built-app:[0-9a-f]{16}\n$/);
  });
});
