import { createHash } from "node:crypto";
import { spawn } from "node:child_process";

import { describe, expect, test } from "vitest";

import { dataOf, framesOf } from "../harness/api-client.ts";
import { eventually } from "../harness/eventually.ts";
import { obstacle, titled } from "../harness/requirements.ts";
import { seedDaemon } from "./seed-daemon.ts";

const reason = obstacle("bash");

/** Prints so many lines, each with the microseconds since the epoch at which it was written. */
const clock = (lines: number) => `for i in $(seq ${lines}); do echo "$EPOCHREALTIME"; read -rt 0.04 <> <(:) || :; done`;

/** Milliseconds that each line of a clock was under way. */
async function delays(stream: AsyncIterable<unknown>): Promise<number[]> {
  const found: number[] = [];
  let pending = "";
  for await (const chunk of stream) {
    const now = performance.timeOrigin + performance.now();
    const lines = (pending + String(chunk)).split("\n");
    pending = lines.pop()!;
    for (const line of lines) found.push(now - Number(line.replace(",", ".")) * 1000);
  }
  return found;
}

const median = (values: readonly number[]) => values.toSorted((left, right) => left - right)[values.length >> 1]!;

describe.skipIf(reason !== undefined)(titled("logs", reason), () => {
  const daemon = seedDaemon();
  const run = (name: string, image: string, ...command: string[]) =>
    daemon().print("run", "-d", "--network", "none", "--name", name, image, ...command);

  test("S11 logging, batch: every byte of stdout and stderr after exit, also after a daemon restart", async () => {
    // All byte values, long lines, no newline at the end, and enough to pass every buffer.
    const script = `
      binmode STDOUT; binmode STDERR;
      $all = join "", map chr, 0 .. 255;
      for $i (1 .. 400) { print STDOUT "out $i ", $all x 9, "\\n"; print STDERR "err $i ", $all x 3, "\\n" }
      print STDOUT "y" x 300000; print STDERR "no newline"; exit 3`;
    await run("chatty", "base", "perl", "-e", script);
    expect(await daemon().print("wait", "chatty")).toBe("3\n");
    const all = Buffer.from(Uint8Array.from({ length: 256 }, (_, value) => value));
    const lines = (name: string, times: number) =>
      Array.from({ length: 400 }, (_, index) => [
        Buffer.from(`${name} ${index + 1} `),
        ...Array.from({ length: times }, () => all),
        Buffer.from("\n"),
      ]).flat();
    const digest = (bytes: Buffer) => `${bytes.length} ${createHash("sha256").update(bytes).digest("hex")}`;
    const expected = {
      stdout: digest(Buffer.concat([...lines("out", 9), Buffer.from("y".repeat(300_000))])),
      stderr: digest(Buffer.concat([...lines("err", 3), Buffer.from("no newline")])),
    };
    const logged = async () => {
      const parts = { stdin: [], stdout: [] as Buffer[], stderr: [] as Buffer[] };
      const response = await daemon().api.open("GET", "/containers/chatty/logs?stdout=1&stderr=1");
      for await (const { stream, data } of framesOf(response)) (parts[stream] as Buffer[]).push(data);
      return { stdout: digest(Buffer.concat(parts.stdout)), stderr: digest(Buffer.concat(parts.stderr)) };
    };
    expect(await logged()).toEqual(expected);
    await daemon().end("SIGKILL");
    await daemon().startAgain();
    expect(await logged()).toEqual(expected);
    expect(digest((await daemon().docker(["logs", "chatty"])).output)).toBe(expected.stdout);
  });

  test("S12 logging, real-time: a line reaches several readers within 50 ms of its writing", async () => {
    const pipe = spawn("bash", ["-c", clock(30)], { stdio: ["ignore", "pipe", "inherit"] });
    // What a bare pipe takes on this machine, with its other work, is not the daemon's delay.
    const bare = median(await delays(pipe.stdout));
    const body = { Image: "base", Cmd: ["bash", "-c", clock(60)], HostConfig: { NetworkMode: "none" } };
    const { Id } = await daemon().api.post<{ Id: string }>("/containers/create", body);
    const attached = await daemon().api.hijack(`/containers/${Id}/attach?stream=1&stdout=1`);
    await daemon().api.post(`/containers/${Id}/start`);
    const follow = () => daemon().api.open("GET", `/containers/${Id}/logs?follow=1&stdout=1`);
    const readers = [attached, await follow(), await follow()].map((stream) => delays(dataOf(stream)));
    for (const reader of readers) {
      const found = await reader;
      expect(found).toHaveLength(60);
      expect(median(found) - bare).toBeLessThanOrEqual(50);
    }
  });

  test("S12 logging, real-time: docker logs -f ends with the container and has every line", async () => {
    await run("counter", "busybox", "sh", "-c", "for i in $(seq 200); do echo line $i; done; sleep 0.5; echo last");
    const { status, stdout } = await daemon().docker(["logs", "-f", "counter"]);
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: `${Array.from({ length: 200 }, (_, index) => `line ${index + 1}\n`).join("")}last\n`,
    });
  });

  test("S40 environment, logging: by time and by count, a slow reader holds nobody up", async () => {
    await run("timed", "busybox", "sh", "-c", "echo one; sleep 0.3; echo two; sleep 0.3; echo three >&2");
    await daemon().print("wait", "timed");
    const stamped = (await daemon().print("logs", "-t", "timed")).split("\n");
    const [one, two] = stamped.map((line) => line.split(" ")[0]!);
    expect(stamped[1]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z two$/);
    expect(await daemon().docker(["logs", "--tail", "2", "timed"])).toMatchObject({
      stdout: "two\n",
      stderr: "three\n",
    });
    expect(await daemon().docker(["logs", "--since", two!, "timed"])).toMatchObject({
      stdout: "two\n",
      stderr: "three\n",
    });
    expect(await daemon().docker(["logs", "--until", one!, "timed"])).toMatchObject({ stdout: "one\n", stderr: "" });

    const body = {
      Image: "busybox",
      Cmd: ["sh", "-c", "yes 0123456789 | head -c 20000000"],
      HostConfig: { NetworkMode: "none" },
    };
    const { Id } = await daemon().api.post<{ Id: string }>("/containers/create", body);
    const slow = await daemon().api.hijack(`/containers/${Id}/attach?stream=1&stdout=1`);
    slow.pause();
    await daemon().api.post(`/containers/${Id}/start`);
    const state = async () =>
      (await daemon().api.get<{ State: { Status: string } }>(`/containers/${Id}/json`)).State.Status;
    expect(await eventually(state, (status) => status === "exited", 60_000)).toBe("exited");
    let length = 0;
    for await (const { data } of framesOf(slow)) length += data.length;
    expect(length).toBe(20_000_000);
  });
});
