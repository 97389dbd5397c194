import { spawn } from "node:child_process";
import { accessSync, chmodSync, constants, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

const kernel = (process.env["PATH"] ?? "")
  .split(delimiter)
  .map((directory) => join(directory, "linux.uml"))
  .find(isExecutable);
const minutes = 60_000;
const repository = new URL("../../..", import.meta.url).pathname;
const config = "plugins/cgroup-limits/test/uml/vitest.config.mjs";

/** The first program of the machine: the host's files are its root, read-only, and it has a cgroup v2 hierarchy of its own. */
const init = `#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/run TMPDIR=/run CI=1
mount -t proc proc /proc
mount -t sysfs sysfs /sys
# Not /tmp: the checkout may be there.
for directory in /run /dev; do mount -t tmpfs tmpfs $directory; done
mknod -m 666 /dev/null c 1 3; mknod -m 666 /dev/zero c 1 5
mknod -m 666 /dev/random c 1 8; mknod -m 666 /dev/urandom c 1 9
mount -t cgroup2 cgroup2 /sys/fs/cgroup
cd ${repository}
${process.execPath} node_modules/vitest/vitest.mjs run --configLoader native --config ${config} >/run/log 2>&1
echo RESULT-BEGIN
cat /run/result.json || cat /run/log
echo
echo RESULT-END
echo o >/proc/sysrq-trigger
sleep 60
`;

describe.skipIf(kernel === undefined || process.getuid?.() !== 0)(
  "cgroup v2 in user-mode Linux (needs root, and linux.uml of Debian's user-mode-linux)",
  { timeout: 10 * minutes },
  () => {
    let directory: string;

    beforeAll(() => {
      directory = mkdtempSync("/var/tmp/gantry-uml-");
    });
    afterAll(() => {
      rmSync(directory, { recursive: true, force: true });
    });

    test("the limiter passes its contract, limits included", async () => {
      const output = await boot(directory);
      const report = /RESULT-BEGIN\r?\n(.*)\r?\n.*RESULT-END/s.exec(output)?.[1] ?? output;
      const { testResults } = JSON.parse(report) as Report;
      const assertions = testResults.flatMap((file) => file.assertionResults);
      const failed = assertions.filter(({ status }) => status === "failed");
      expect(failed.map(({ title, failureMessages }) => [title, ...failureMessages])).toEqual([]);
      const passed = assertions.filter(({ status }) => status === "passed").map(({ title }) => title);
      expect(passed).toContain("a group that exceeds its memory has a process killed, and oomKills counts it");
      expect(passed).toContain("a quota holds the group to its share of CPU time");
    });
  },
);

interface Report {
  testResults: { assertionResults: { title: string; status: string; failureMessages: string[] }[] }[];
}

/** What the machine printed until it powered off. */
async function boot(directory: string): Promise<string> {
  const script = join(directory, "init");
  writeFileSync(script, init);
  chmodSync(script, 0o755);
  const settings = `mem=1024M rootfstype=hostfs rootflags=/ ro init=${script} uml_dir=${directory}/ quiet`;
  const consoles = "con=null con0=null,fd:1 con1=null ssl=null";
  const machine = spawn(kernel ?? "", [...settings.split(" "), ...consoles.split(" ")], {
    stdio: ["ignore", "pipe", "ignore"],
    env: { ...process.env, TMPDIR: directory },
    timeout: 9 * minutes,
    killSignal: "SIGKILL",
  });
  let output = "";
  machine.stdout.on("data", (chunk: Buffer) => (output += chunk.toString("latin1")));
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  machine.once("error", reject);
  machine.once("close", () => resolve(output));
  return await promise;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
