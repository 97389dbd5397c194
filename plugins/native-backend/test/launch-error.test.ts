import { StepError } from "@gantry/linux";
import type { Step } from "@gantry/linux";
import { expect, test } from "vitest";

import { launchError } from "../src/launch-error.ts";

function fail(step: Step, errno: number, errnoName: string): unknown {
  return launchError(new StepError({ phase: "process", index: 3, errno, errnoName }, step));
}
const execute = (program: string): Step => ({ do: "execute", argv: [program], env: [] });

test.each([
  ["nope", 2, "ENOENT", "not-found", "executable-not-found", 'exec: "nope": executable file not found in $PATH'],
  ["/no", 2, "ENOENT", "not-found", "executable-not-found", 'exec: "/no": stat /no: no such file or directory'],
  ["./x", 13, "EACCES", "forbidden", "executable-not-permitted", 'exec: "./x": permission denied'],
  ["/x", 8, "ENOEXEC", "invalid-argument", "executable-format", "exec /x: exec format error"],
  ["/x", 7, "E2BIG", "invalid-argument", "arguments-too-long", 'exec: "/x": argument list too long'],
])("executing %s fails with %s %s", (program, errno, name, code, reason, message) => {
  expect(fail(execute(program), errno, name)).toMatchObject({ code, message, details: { reason, step: "execute" } });
});

test("a part that cannot be made is the spec's fault, unless a right or a resource is missing", () => {
  const mount: Step = { do: "mount", source: "x", target: "/x", type: "nofs", flags: 0, data: "" };
  expect(fail(mount, 19, "ENODEV")).toMatchObject({
    code: "invalid-argument",
    details: { step: "mount", errno: "ENODEV" },
  });
  expect(fail(mount, 1, "EPERM")).toMatchObject({ code: "forbidden" });
  expect(fail(mount, 12, "ENOMEM")).toMatchObject({ code: "unavailable" });
});

test("other errors pass through", () => {
  const error = new Error("x");
  expect(launchError(error)).toBe(error);
});
