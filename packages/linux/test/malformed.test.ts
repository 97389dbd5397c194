import { spawn } from "node:child_process";
import type { Socket } from "node:net";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { Channel } from "../src/channel.ts";
import { encodeLaunch, encodeSteps } from "../src/step-codec.ts";
import { Message } from "../src/wire.ts";
import { binary } from "./bench.ts";

let channel: Channel;

beforeEach(async () => {
  const child = spawn(binary, ["zygote"], { stdio: ["ignore", "ignore", "ignore", "pipe"] });
  channel = new Channel(child.stdio[3] as Socket, "the helper");
  await channel.hello();
});
afterEach(() => {
  channel.close();
});

const run = (body: Uint8Array) => channel.request({ type: Message.run, body });
const harmless = encodeSteps([
  { do: "umask", mask: 0o22 },
  { do: "execute", argv: ["a", "bc"], env: ["D=e"], optional: true },
  { do: "write-file", path: "/dev/null", data: "text" },
]);
const refused = { details: { errno: "EINVAL" } };

describe("the helper refuses", () => {
  it("steps that are cut off anywhere, or that something follows", async () => {
    await run(harmless);
    for (let size = 0; size < harmless.length; size++) {
      await expect(run(harmless.subarray(0, size))).rejects.toMatchObject(refused);
    }
    await expect(run(Buffer.concat([harmless, Buffer.of(0)]))).rejects.toMatchObject(refused);
  });

  it.each([
    ["a count of steps that cannot be", "ffffffff0100"],
    ["an unknown step", "010000006400"],
    ["step 0", "010000000000"],
    ["a string longer than the frame", "010000001100ffffffff61"],
    ["a string without its NUL", "010000001100010000006161"],
    ["a string with a NUL within", "0100000011000300000061006100"],
    ["a list whose count cannot be", "010000002501ffffff7f0000000000"],
  ])("%s", async (_, hex) => {
    await expect(run(Buffer.from(hex, "hex"))).rejects.toMatchObject(refused);
    await expect(run(harmless)).resolves.toBeDefined();
  });

  it("a message that it does not know, by hanging up", async () => {
    await expect(channel.request({ type: 99 })).rejects.toMatchObject({ code: "unavailable" });
  });

  it("a monitor without an absolute socket path", async () => {
    const body = Buffer.from("010000006100010000006200", "hex");
    await expect(channel.request({ type: Message.monitor, body })).rejects.toMatchObject(refused);
  });

  it("nothing of a program that is too large, which is never sent", async () => {
    const large = { cloneFlags: 0, beforeClone: [], afterClone: [], openStdin: false, outputLimit: 0 };
    const argv = Array.from({ length: 5 }, () => "x".repeat(1_000_000));
    expect(() => encodeLaunch({ ...large, process: [{ do: "execute", argv, env: [] }] })).toThrow(/more than/);
  });
});
