import { describe, expect, test } from "vitest";

import { obstacle, titled } from "../harness/requirements.ts";
import { seedDaemon } from "./seed-daemon.ts";

const reason = obstacle();
/** In the daemon's environment; no container may see it. */
const daemonSecret = "GANTRY_SEED_SECRET";
/** The kernel's bound for one argument, without its end. */
const longest = 128 * 1024 - 1;

const words = [
  "two words",
  " around ",
  "",
  'double "quotes"',
  "single 'quotes'",
  "back\\slash \\n",
  "line\nend\n",
  "tab\t",
  "$HOME `date` $(date) !! * ? [a-z] {1,2} ~ # ; & | < >",
  "--rm",
  "--",
  "naïve ☕ 漢字 🐳 é",
  "\u0001\u001b[31m\u007f",
];

/** Prints its arguments as JSON; Debian's smallest perl has no module for that. */
const dump = String.raw`
  sub quoted { my $text = shift; $text =~ s/(["\\\x00-\x1f])/sprintf "\\u%04x", ord $1/ge; "\"$text\"" }
  print "[", join(",", map quoted($_), @ARGV), "]";`;

describe.skipIf(reason !== undefined)(titled("environment", reason), () => {
  const daemon = seedDaemon({ environment: { [daemonSecret]: "of the host" } });

  test("S34 environment variables: -e arrives, the host's are absent, PATH and HOME are there by default", async () => {
    const value = "a=b 'c' \"d\"\n☕";
    const flags = ["-e", `V=${value}`, "-e", "EMPTY=", "-e", "PASSED", "-e", "NOT_SET"];
    const command = [
      "run",
      "--rm",
      "--network",
      "none",
      ...flags,
      "base",
      "sh",
      "-c",
      "tr '\\0' '\\n' < /proc/1/environ; printf '|%s|' \"$V\"",
    ];
    const { stdout } = await daemon().docker(command, { env: { PASSED: "by name", CLIENT_SECRET: "of the client" } });
    const [environment, variable] = stdout.split("|");
    expect(variable).toBe(value);
    const names = environment!.split("\n").filter((line) => /^[A-Z]+[A-Z_]*=/.test(line));
    expect(names.toSorted()).toEqual([
      "EMPTY=",
      "HOME=/root",
      expect.stringMatching(/^HOSTNAME=[0-9a-f]{12}$/),
      "PASSED=by name",
      expect.stringMatching(/^PATH=\/usr\/local\/sbin:/),
      "V=a=b 'c' \"d\"",
    ]);
    expect(stdout).not.toContain("SECRET");
    expect(
      await daemon().print("run", "--rm", "--network", "none", "-u", "daemon", "base", "sh", "-c", "echo $HOME"),
    ).toBe("/usr/sbin\n");
  });

  test("S35 process arguments: spaces, quotes, newlines, empty ones and UTF-8 arrive unchanged through the command line", async () => {
    const { stdout, status } = await daemon().docker([
      "run",
      "--rm",
      "--network",
      "none",
      "base",
      "perl",
      "-e",
      dump,
      "--",
      ...words,
    ]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual(words);
  });

  test("S35 process arguments: one of 128 KB and many of a megabyte together arrive unchanged through the API", async () => {
    const many = Array.from({ length: 9000 }, (_, index) => `word ${index} ${"x".repeat(100)}`);
    for (const list of [["first", "☕".repeat(longest / 3), "x".repeat(longest), "last"], many]) {
      const body = { Image: "base", Cmd: ["perl", "-e", dump, "--", ...list], HostConfig: { NetworkMode: "none" } };
      const { Id } = await daemon().api.post<{ Id: string }>("/containers/create", body);
      await daemon().api.post(`/containers/${Id}/start`);
      expect(await daemon().print("wait", Id)).toBe("0\n");
      const { stdout } = await daemon().docker(["logs", Id]);
      expect(JSON.parse(stdout)).toEqual(list);
      const { Args } = await daemon().api.get<{ Args: string[] }>(`/containers/${Id}/json`);
      expect(Args.slice(3)).toEqual(list);
    }
    const tooLong = { Image: "base", Cmd: ["echo", "x".repeat(longest + 1)], HostConfig: { NetworkMode: "none" } };
    const { Id } = await daemon().api.post<{ Id: string }>("/containers/create", tooLong);
    const { status, body } = await daemon().api.call("POST", `/containers/${Id}/start`);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(body.toString()).toMatch(/argument list too long/i);
  });
});
