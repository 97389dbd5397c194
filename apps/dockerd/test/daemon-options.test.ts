import { expect, it } from "vitest";

import { daemonHelp, parseDaemonOptions } from "../src/daemon-options.ts";
import { lineLogger } from "../src/line-logger.ts";

it("understands its options", () => {
  const argv = [
    "--data-root",
    "/d",
    "--exec-root=/e",
    "-p",
    "/p",
    "-l",
    "debug",
    "-H",
    "unix:///a",
    "--host",
    "tcp://b:1",
  ];
  expect(parseDaemonOptions(argv)).toEqual({
    dataRoot: "/d",
    execRoot: "/e",
    pidfile: "/p",
    logLevel: "debug",
    hosts: ["unix:///a", "tcp://b:1"],
    help: false,
    version: false,
  });
  expect(parseDaemonOptions([])).toMatchObject({ logLevel: "info", hosts: [], dataRoot: undefined });
});

it.each([
  [["--nope"], /--nope/],
  [["extra"], /extra/],
  [["--data-root"], /--data-root/],
  [["-l", "loud"], /invalid --log-level "loud": use one of debug, info, warn, error/],
])("refuses %j in one line", (argv, message) => {
  expect(() => parseDaemonOptions(argv)).toThrow(
    expect.objectContaining({ code: "invalid-argument", message: expect.stringMatching(message) }),
  );
  expect(() => parseDaemonOptions(argv)).not.toThrow(/\n/);
});

it("describes every option", () => {
  for (const name of ["data-root", "exec-root", "host", "log-level", "pidfile", "version", "help"]) {
    expect(daemonHelp).toContain(`--${name}`);
  }
});

it("logs a line an entry, from its level on", () => {
  const lines: string[] = [];
  const logger = lineLogger("warn", { write: (line) => lines.push(line) });
  logger.info("unseen");
  logger.warn("two\nlines", { id: "x y", error: new Error("broken"), size: 1n });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^time=\S+ level=warn msg="two\\nlines" id="x y" error="broken" size="1"\n$/);
});
