import { readFileSync } from "node:fs";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { type Roots, docker, temporaryRoots } from "../harness/docker.ts";
import { leftBehind, machineState } from "../harness/machine-state.ts";
import { obstacle, titled } from "../harness/requirements.ts";
import { ServedEngine } from "../harness/served-engine.ts";

const reason = obstacle();
const running = 200;
const stopped = 1000;
const clients = 50;
/** For which the clients are at work. */
const seconds = Number(process.env["GANTRY_LOAD_SECONDS"] ?? 5);

interface Listed {
  Id: string;
  State: string;
}

describe.skipIf(reason !== undefined)(titled("a daemon with much to do", reason), () => {
  let roots: Roots & Disposable;
  let before: ReadonlySet<string>;
  let engine: ServedEngine;
  const list = () => engine.api.get<Listed[]>("/containers/json?all=1");

  beforeAll(async () => {
    roots = temporaryRoots();
    expect(await docker(roots, ["--embedded", "pull", "-q", "busybox"])).toMatchObject({ status: 0 });
    before = machineState(roots);
    engine = await ServedEngine.start(roots);
  });
  afterAll(async () => {
    await each(8, await list(), ({ Id }) => engine.api.json("DELETE", `/containers/${Id}?force=1`));
    await engine.end();
    const left = await leftBehind(roots, before);
    roots[Symbol.dispose]();
    expect(left).toEqual([]);
  });

  async function start(command: readonly string[]): Promise<string> {
    const body = { Image: "busybox", Cmd: command, HostConfig: { NetworkMode: "none" } };
    const { Id } = await engine.api.post<{ Id: string }>("/containers/create", body);
    await engine.api.post(`/containers/${Id}/start`);
    return Id;
  }

  test(
    `50 clients at once create and remove for ${seconds} s without an error`,
    { timeout: seconds * 1000 + 120_000 },
    async () => {
      const end = Date.now() + seconds * 1000;
      let rounds = 0;
      const client = async (_: unknown, index: number) => {
        for (; Date.now() < end; rounds += 1) {
          const id = await start(index % 2 === 0 ? ["sleep", "1000"] : ["true"]);
          await engine.api.json("DELETE", `/containers/${id}?force=1`);
        }
      };
      await Promise.all(Array.from({ length: clients }, client));
      expect(rounds).toBeGreaterThanOrEqual(clients);
      expect(await list()).toEqual([]);
      console.log(`${rounds} containers created, started and removed in ${seconds} s by ${clients} clients`);
    },
  );

  test(
    "200 running and 1,000 stopped containers are listed, and found again after a kill",
    { timeout: 600_000 },
    async () => {
      await each(8, Array.from({ length: stopped }), () => start(["true"]));
      await each(8, Array.from({ length: running }), () => start(["sleep", "1000"]));
      const times: number[] = [];
      for (let round = 0; round < 20; round += 1) {
        const begin = performance.now();
        expect(await list()).toHaveLength(running + stopped);
        times.push(performance.now() - begin);
      }
      const memory = Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${engine.pid}/status`, "utf8"))![1]) / 1024;
      await engine.end("SIGKILL");
      const begin = performance.now();
      await engine.startAgain();
      const startup = performance.now() - begin;
      const states = (await list()).map(({ State }) => State);
      expect(states.filter((state) => state === "running")).toHaveLength(running);
      expect(states.filter((state) => state === "exited")).toHaveLength(stopped);
      times.sort((left, right) => left - right);
      console.log(
        `list: ${times[0]!.toFixed(0)} ms at best, ${times[10]!.toFixed(0)} ms median; ${memory.toFixed(0)} MB resident; ` +
          `started again in ${startup.toFixed(0)} ms`,
      );
      expect(memory).toBeLessThan(512);
    },
  );
});

/** Does something with each item, so many at a time. */
async function each<T>(width: number, items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
