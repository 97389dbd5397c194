import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { temporaryDirectory } from "@gantry/testkit";
import { describe, expect, it } from "vitest";

import { daemonHelp, parseDaemonArguments, resolveDaemonOptions } from "../src/daemon-options.ts";
import { settings } from "../src/daemon-settings.ts";
import { lineLogger } from "../src/line-logger.ts";

/** Options of a command line and the text of a configuration file. */
async function resolve(argv: readonly string[], file = "{}") {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, "daemon.json");
  await writeFile(path, file);
  return await resolveDaemonOptions(parseDaemonArguments([...argv, "--config-file", path]));
}
const refused = (message: RegExp, code = "invalid-argument") =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

it("understands its flags", async () => {
  const argv =
    "--data-root /d --exec-root=/e -p /p -l warn -H unix:///a --host tcp://b:1 -G 5 --label a=b --label c -s vfs " +
    "--tlsverify --tlscacert ca --tlscert cert --tlskey key --allow-insecure-tcp --idle-timeout 1.5 --live-restore";
  expect(await resolve(argv.split(" "))).toEqual({
    dataRoot: "/d",
    execRoot: "/e",
    pidfile: "/p",
    logLevel: "warn",
    hosts: ["unix:///a", "tcp://b:1"],
    group: "5",
    labels: ["a=b", "c"],
    storageDriver: "vfs",
    tls: { ca: "ca", cert: "cert", key: "key", verify: true },
    allowInsecureTcp: true,
    idleTimeout: 1.5,
    plugins: [],
    configFile: expect.stringContaining("daemon.json"),
  });
  expect(await resolve([])).toMatchObject({ logLevel: "info", hosts: [], dataRoot: undefined, tls: undefined });
  expect(await resolve(["-D"])).toMatchObject({ logLevel: "debug" });
  expect(await resolve(["--tls"])).toMatchObject({ tls: { verify: false } });
});

it.each([
  [["--nope"], /--nope/],
  [["extra"], /extra/],
  [["--data-root"], /--data-root/],
  [["--idle-timeout", "soon"], /--idle-timeout must be seconds/],
  [["--idle-timeout", "0"], /--idle-timeout must be seconds/],
])("refuses %j in one line", (argv, message) => {
  expect(() => parseDaemonArguments(argv)).toThrow(refused(message));
  expect(() => parseDaemonArguments(argv)).not.toThrow(/\n/);
});

it("refuses a level that there is none of", async () => {
  await expect(resolve(["-l", "loud"])).rejects.toEqual(refused(/invalid --log-level "loud": use one of debug, info/));
});

it("describes every flag", () => {
  for (const name of [...Object.keys(settings), "version", "help", "config-file", "validate"]) {
    expect(daemonHelp()).toContain(`--${name}`);
  }
});

describe("the configuration file", () => {
  it("says the same as flags do, by Docker's keys", async () => {
    const file = { hosts: ["unix:///a"], "data-root": "/d", debug: true, labels: ["a=b"], "idle-timeout": 5 };
    expect(await resolve([], JSON.stringify(file))).toMatchObject({
      hosts: ["unix:///a"],
      dataRoot: "/d",
      logLevel: "debug",
      labels: ["a=b"],
      idleTimeout: 5,
    });
  });

  it("names plugins", async () => {
    const plugins = ["one", { name: "./two.js", options: { a: 1 } }];
    expect((await resolve([], JSON.stringify({ plugins }))).plugins).toEqual([
      { name: "one", options: {} },
      { name: "./two.js", options: { a: 1 } },
    ]);
  });

  it.each([
    ["{", /is not JSON/],
    ["[]", /is not an object/],
    ['{"bip":"x","mtu":1}', /don't match any configuration option: bip, mtu/],
    ['{"constructor":1}', /don't match any configuration option: constructor/],
    ['{"hosts":"unix:///a"}', /hosts in .* must be a list of strings/],
    ['{"debug":"yes"}', /debug in .* must be true or false/],
    ['{"plugins":{}}', /plugins must be a list/],
    ['{"plugins":[{"options":{}}]}', /each of plugins/],
  ])("%s is refused", async (file, message) => {
    await expect(resolve([], file)).rejects.toEqual(refused(message));
  });

  it("may not say what a flag says, nor turn off what always is", async () => {
    await expect(resolve(["-H", "unix:///a"], '{"hosts":["unix:///b"],"debug":true}')).rejects.toEqual(
      refused(/both as a flag and in the configuration file: host$/),
    );
    await expect(resolve([], '{"live-restore":false}')).rejects.toEqual(refused(/live-restore/, "unsupported"));
  });

  it("must be there when it was named", async () => {
    const given = parseDaemonArguments(["--config-file", "/nonexistent/daemon.json"]);
    await expect(resolveDaemonOptions(given)).rejects.toEqual(refused(/nonexistent/, "not-found"));
    const absent = { ...given, configFileGiven: false };
    expect(await resolveDaemonOptions(absent)).toMatchObject({ hosts: [] });
  });
});

it("logs a line an entry, from a level on that may change", () => {
  const lines: string[] = [];
  let level: "warn" | "error" = "warn";
  const logger = lineLogger(() => level, { write: (line) => lines.push(line) });
  logger.info("unseen");
  logger.warn("two\nlines", { id: "x y", error: new Error("broken"), size: 1n });
  level = "error";
  logger.warn("unseen");
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^time=\S+ level=warn msg="two\\nlines" id="x y" error="broken" size="1"\n$/);
});
