import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { encodeSteps, stepLayouts } from "../src/step-codec.ts";
import type { Step } from "../src/step.ts";
import { BodyWriter } from "../src/wire.ts";

const bytes = Uint8Array.of(1, 2);

const samples: { [Name in Step["do"]]: Extract<Step, { do: Name }> } = {
  unshare: { do: "unshare", flags: 1 },
  setns: { do: "setns", path: "/p", type: 1 },
  mount: { do: "mount", source: "s", target: "t", type: "x", flags: 1, data: "" },
  remount: { do: "remount", target: "t", flags: 1 },
  unmount: { do: "unmount", target: "t", flags: 1 },
  "open-tree": { do: "open-tree", slot: 1, source: "s", recursive: true },
  "move-mount": { do: "move-mount", slot: 1, target: "t", attributes: 1, recursive: false, propagation: 0 },
  "make-directory": { do: "make-directory", path: "p", mode: 1, uid: 2, gid: 3 },
  symlink: { do: "symlink", target: "t", path: "p" },
  "make-node": { do: "make-node", path: "p", mode: 1, major: 1, minor: 1, uid: 1, gid: 1 },
  bind: { do: "bind", source: "s", target: "t" },
  mask: { do: "mask", path: "p" },
  "read-only": { do: "read-only", path: "p" },
  "write-file": { do: "write-file", path: "p", data: "d" },
  "write-child": { do: "write-child", name: "n", data: "d" },
  "pivot-root": { do: "pivot-root", path: "p" },
  chroot: { do: "chroot", path: "p" },
  "change-directory": { do: "change-directory", path: "p", create: true, uid: 0, gid: 0 },
  hostname: { do: "hostname", name: "n" },
  domainname: { do: "domainname", name: "n" },
  rlimit: { do: "rlimit", resource: 1, soft: 1n, hard: 2n },
  umask: { do: "umask", mask: 1 },
  "set-session": { do: "set-session" },
  terminal: { do: "terminal", rows: 1, columns: 1, uid: 0 },
  "set-groups": { do: "set-groups", gids: [1, 2] },
  "set-gid": { do: "set-gid", gid: 1 },
  "set-uid": { do: "set-uid", uid: 1 },
  "keep-capabilities": { do: "keep-capabilities" },
  "bounding-set": { do: "bounding-set", mask: 1n },
  "capability-set": { do: "capability-set", effective: 1n, permitted: 1n, inheritable: 1n },
  "ambient-set": { do: "ambient-set", mask: 1n },
  "no-new-privileges": { do: "no-new-privileges" },
  "death-signal": { do: "death-signal", signal: 9 },
  netlink: { do: "netlink", protocol: 0, message: bytes },
  seccomp: { do: "seccomp", program: bytes, flags: 0 },
  barrier: { do: "barrier" },
  execute: { do: "execute", argv: ["a"], env: [] },
};

const native = (name: string) => readFileSync(new URL(`../native/${name}`, import.meta.url), "utf8");
const constantName = (step: string) => step.toUpperCase().replaceAll("-", "_");

/** Notes the types of the arguments in the letters of native/step-decode.c. */
class SignatureWriter extends BodyWriter {
  signature = "";
  readonly #note = (letter: string) => {
    this.signature += letter;
    return this;
  };
  override u32 = () => this.#note("u");
  override u64 = () => this.#note("q");
  override bytes = () => this.#note("b");
  override string = () => this.#note("s");
  override strings = () => this.#note("l");
}

describe("step codec", () => {
  it("has the helper's numbers", () => {
    const ops = Object.fromEntries(
      [...native("steps.h").matchAll(/OP_(\w+) = (\d+),/g)].map(([, name, op]) => [name, Number(op)]),
    );
    const ours = Object.entries(stepLayouts).map(([name, layout]) => [constantName(name), layout.op]);
    expect(Object.fromEntries(ours)).toEqual(ops);
  });

  it.each(Object.values(samples))("writes the arguments of $do as the helper reads them", (step) => {
    const [, signature] = native("step-decode.c").match(new RegExp(`\\[OP_${constantName(step.do)}\\] = "(\\w*)"`))!;
    const writer = new SignatureWriter();
    const layout = stepLayouts[step.do] as { write?: (body: BodyWriter, step: Step) => unknown };
    layout.write?.(writer, step);
    expect(writer.signature).toBe(signature);
  });

  it("writes number, flags and arguments", () => {
    const encoded = encodeSteps([
      { do: "mount", source: "", target: "t", type: "x", flags: 3, data: "", create: true },
    ]);
    expect(encoded.toString("hex")).toBe("010000000302000000000001000000740001000000780003000000000000000000000000");
    expect(encodeSteps([{ do: "barrier", optional: true }]).toString("hex")).toBe("010000002401");
  });

  it("binds /dev/console unless told not to", () => {
    expect(encodeSteps([samples.terminal])[5]).toBe(2);
    expect(encodeSteps([{ ...samples.terminal, console: false }])[5]).toBe(0);
  });
});
