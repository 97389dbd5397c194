import { describe, expect, inject, test } from "vitest";

import { docker } from "../harness/docker.ts";
import { obstacle, titled } from "../harness/requirements.ts";

const reason = obstacle();
const roots = inject("roots");

const words = [
  "two words",
  " leading and trailing ",
  "",
  'double "quotes"',
  "single 'quotes'",
  "back\\slash",
  "line\nend",
  "tab\tstop",
  "$HOME `date` $(date) !! * ? [a-z] {1,2} ~ # ; & | < >",
  "-e",
  "--rm",
  "--",
  "=",
  "naïve ☕ 漢字 🐳 é",
  "\u0001\u001b[31m",
  "x".repeat(100 * 1024),
];

describe.skipIf(reason !== undefined)(titled("arguments and variables", reason), () => {
  test.each(["base", "busybox"])("arrive in %s unchanged", async (image) => {
    const print = 'for word; do printf "<%s>" "$word"; done';
    const { status, stdout } = await docker(roots, ["run", "--rm", image, "sh", "-c", print, "sh", ...words]);
    expect(stdout).toBe(words.map((word) => `<${word}>`).join(""));
    expect(status).toBe(0);
  });

  test("a command line of many words arrives unchanged", async () => {
    const many = Array.from({ length: 5000 }, (_, index) => `word ${index}`);
    const { stdout } = await docker(roots, [
      "run",
      "--rm",
      "busybox",
      "sh",
      "-c",
      'echo "$#"; echo "${5000}"',
      "sh",
      ...many,
    ]);
    expect(stdout).toBe("5000\nword 4999\n");
  });

  test("environment variables arrive unchanged", async () => {
    const value = "a=b 'c' \"d\"\n☕";
    const { stdout } = await docker(roots, [
      "run",
      "--rm",
      "-e",
      `V=${value}`,
      "-e",
      "EMPTY=",
      "busybox",
      "sh",
      "-c",
      'printf "%s|%s" "$V" "${EMPTY-unset}"',
    ]);
    expect(stdout).toBe(`${value}|`);
  });
});
