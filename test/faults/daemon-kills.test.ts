import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { describe, expect, test } from "vitest";

import { dataOf } from "../harness/api-client.ts";
import { type Roots, docker, temporaryRoots } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { leftBehind, machineState } from "../harness/machine-state.ts";
import { obstacle, titled } from "../harness/requirements.ts";
import { ServedEngine } from "../harness/served-engine.ts";
import { DaemonLife, type Subject } from "./daemon-life.ts";

const reason = obstacle();
/** How often the daemon is killed; without it as often as a minute allows. */
const kills = Number(process.env["GANTRY_KILLS"] ?? Number.POSITIVE_INFINITY);
/** Milliseconds; for a number of kills they only bound a daemon that hangs. */
const duration = Number.isFinite(kills) ? 60_000 + kills * 10_000 : 60_000;

interface Listed {
  Id: string;
  Names: string[];
  State: string;
}

interface State {
  Status: string;
  Pid: number;
  ExitCode: number;
}

/** Tells what of the answers of all lives so far does not hold any more. */
class Inquiry {
  readonly #engine: ServedEngine;
  readonly #life: DaemonLife;
  readonly #idle: ReadonlySet<string>;
  readonly #roots: Roots;
  /** Of everything that was ever seen here: what others have on this machine is not counted. */
  readonly #ids = new Map<string, string>();

  constructor(engine: ServedEngine, life: DaemonLife, roots: Roots) {
    this.#engine = engine;
    this.#life = life;
    this.#roots = roots;
    this.#idle = new Set(mountsBelow(roots));
  }

  async findings(): Promise<string[]> {
    const listed = await this.#engine.api.get<Listed[]>("/containers/json?all=1");
    const byName = new Map(listed.map((one) => [one.Names[0]!.slice(1), one]));
    for (const [name, { Id }] of byName) this.#ids.set(Id, name);
    const perContainer = [...this.#life.containers.values()].map((subject) =>
      this.#container(subject, byName.get(subject.name)),
    );
    const strangers = [...byName.keys()].filter((name) => !this.#life.containers.has(name));
    return [
      ...this.#life.refusals,
      ...(await Promise.all(perContainer)).flat(),
      ...strangers.map((name) => `${name} is listed and was never asked for`),
      ...(await this.#images()),
      ...this.#groups(new Set(listed.filter(({ State }) => State === "running").map(({ Id }) => Id))),
      ...mountsBelow(this.#roots)
        .filter((line) => !this.#idle.has(line))
        .map((line) => `left mounted: ${line}`),
    ];
  }

  async #container(subject: Subject, found: Listed | undefined): Promise<string[]> {
    const { name } = subject;
    if (found === undefined) {
      const lost = subject.exists === "yes";
      this.#life.containers.delete(name);
      return lost ? [`${name} is lost`] : [];
    }
    if (subject.exists === "no") return [`${name} was removed and is there again`];
    // A removal that was cut off need not have happened.
    subject.exists = "yes";
    const state = await this.#state(name);
    const told = `${name} is ${state.Status} with code ${state.ExitCode}`;
    const justExited = found.State === "running" && state.Status === "exited";
    if (state.Status !== found.State && !justExited) return [`${told}, and the list says ${found.State}`];
    if (state.Status === "created") return this.#unstarted(subject, told);
    if (state.Status === "running") return this.#running(subject, found.Id, state.Pid);
    if (state.Status !== "exited") return [told];
    return [...this.#exit(subject, told, state.ExitCode), ...(await this.#log(subject, !subject.stopped))];
  }

  async #state(name: string): Promise<State> {
    return (await this.#engine.api.get<{ State: State }>(`/containers/${name}/json`)).State;
  }

  #unstarted(subject: Subject, told: string): string[] {
    if (subject.started === "yes") return [`${told} though its start was answered`];
    subject.started = "no";
    return [];
  }

  async #running(subject: Subject, id: string, pid: number): Promise<string[]> {
    subject.started = "yes";
    // One that has just exited is a zombie without a group, until the daemon hears of it.
    const strange = !readOptional(`/proc/${pid}/cgroup`).includes(id);
    const later = strange
      ? await eventually(
          () => this.#state(subject.name),
          ({ Status }) => Status === "exited",
        )
      : undefined;
    if (later?.Status === "running") return [`${subject.name} should be process ${pid}, which is none of its own`];
    return this.#log(subject, false);
  }

  #exit(subject: Subject, told: string, code: number): string[] {
    subject.started = "yes";
    if (code === subject.exitCode || (subject.stopped && code === 137)) return [];
    return [`${told}, not ${subject.exitCode}`];
  }

  /** Each line once, in order, from the first one; to the last one when it is complete. */
  async #log({ name, lines }: Subject, complete: boolean): Promise<string[]> {
    const response = await this.#engine.api.open("GET", `/containers/${name}/logs?stdout=1&stderr=1`);
    let text = "";
    for await (const data of dataOf(response)) text += data.toString();
    const found = text.split("\n").slice(0, -1);
    const wrong = found.findIndex((line, index) => line !== `line ${index}`);
    if (wrong >= 0) return [`${name} has logged ${JSON.stringify(found[wrong])} where line ${wrong} should be`];
    if (complete && found.length !== lines) return [`${name} has logged ${found.length} of ${lines} lines`];
    return [];
  }

  async #images(): Promise<string[]> {
    const findings: string[] = [];
    for (const [name, claim] of this.#life.images) {
      const { status, body } = await this.#engine.api.call("GET", `/images/${name}/json`);
      const there = status === 200;
      if (claim === "yes" && !there) findings.push(`image ${name} is lost: ${body.toString()}`);
      if (claim === "no" && there) findings.push(`image ${name} was removed and is there again`);
      if (there) this.#life.images.set(name, "yes");
      else this.#life.images.delete(name);
    }
    return findings;
  }

  /** Control groups with the names of containers that do not run. */
  #groups(running: ReadonlySet<string>): string[] {
    const groups = globSync(["/sys/fs/cgroup/gantry/*/", "/sys/fs/cgroup/*/gantry/*/"]);
    const stale = groups.filter((path) => this.#ids.has(basename(path)) && !running.has(basename(path)));
    return stale.map((path) => `left of ${this.#ids.get(basename(path))!}: ${path}`);
  }
}

function mountsBelow({ dataRoot, execRoot }: Roots): string[] {
  const lines = readFileSync("/proc/self/mountinfo", "utf8").trimEnd().split("\n");
  return lines.filter((line) => line.includes(dataRoot) || line.includes(execRoot));
}

function readOptional(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** All paths of the engine but the state store's own files and the log of its daemon. */
function filesOf({ dataRoot, execRoot }: Roots): string[] {
  const all = [dataRoot, execRoot].flatMap((root) => globSync("**", { cwd: root }).map((path) => join(root, path)));
  return all.filter((path) => !/\.(sqlite|db|log)(-wal|-shm)?$/.test(path)).toSorted();
}

async function removeAll({ api }: ServedEngine, life: DaemonLife): Promise<void> {
  for (const { Id } of await api.get<Listed[]>("/containers/json?all=1")) {
    await api.json("DELETE", `/containers/${Id}?force=1`);
  }
  for (const name of life.images.keys()) await api.json("DELETE", `/images/${name}?force=1`);
}

describe.skipIf(reason !== undefined)(titled("kill -9 of dockerd at random instants", reason), () => {
  test(
    "loses no container, exit code or log line, resurrects none, and leaks nothing",
    { timeout: duration + 120_000 },
    async () => {
      using roots = temporaryRoots();
      expect(await docker(roots, ["--embedded", "pull", "-q", "busybox"])).toMatchObject({ status: 0 });
      await docker(roots, ["--embedded", "run", "--rm", "--network", "none", "busybox", "true"]);
      const before = machineState(roots);
      let filesBefore: string[] = [];
      {
        await using engine = await ServedEngine.start(roots);
        filesBefore = filesOf(roots);
        const life = new DaemonLife(engine.api);
        const inquiry = new Inquiry(engine, life, roots);
        const end = Date.now() + duration;
        let killed = 0;
        try {
          for (; killed < kills && Date.now() < end; killed += 1) {
            const living = life.live();
            await sleep(50 + Math.random() * 800);
            life.end();
            await engine.end("SIGKILL");
            await living;
            await engine.startAgain();
            expect(await inquiry.findings(), `after kill ${killed + 1}`).toEqual([]);
          }
          expect(life.answers).toBeGreaterThan(killed);
          expect(Number.isFinite(kills) ? killed : kills).toBe(kills);
          console.log(`${killed} kills, ${life.answers} calls answered`);
        } finally {
          if (engine.running) await removeAll(engine, life);
        }
        expect(filesOf(roots)).toEqual(filesBefore);
      }
      expect(await leftBehind(roots, before)).toEqual([]);
    },
  );
});
