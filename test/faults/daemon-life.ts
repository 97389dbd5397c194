import { setTimeout as sleep } from "node:timers/promises";

import type { ApiClient } from "../harness/api-client.ts";

/** Whether something is: `asked` until the answer comes, which a kill may keep away for ever. */
export type Claim = "no" | "asked" | "yes";

/** A container, and what the daemon's answers promise of it. Each is started once. */
export interface Subject {
  name: string;
  /** Lines that it writes before it exits; `Infinity`: it goes on. */
  lines: number;
  exitCode: number;
  exists: Claim;
  started: Claim;
  /** Whether a stop was asked for: it may have met the container or not. */
  stopped: boolean;
}

const concurrency = 4;
const endless = "while :; do echo line $i; i=$((i + 1)); usleep 20000; done";

/** Asks a daemon at random for containers and images until it does not answer, and keeps what was promised from life to life. */
export class DaemonLife {
  readonly containers = new Map<string, Subject>();
  /** Committed images, by name. */
  readonly images = new Map<string, Claim>();
  /** Failures that no kill explains. */
  readonly refusals: string[] = [];
  /** Calls that were answered. */
  answers = 0;
  readonly #api: ApiClient;
  #made = 0;
  #ended = false;

  constructor(api: ApiClient) {
    this.#api = api;
  }

  /** Resolves when the daemon is gone, or `end` was called. */
  async live(): Promise<void> {
    this.#ended = false;
    await Promise.all(Array.from({ length: concurrency }, (_, index) => this.#worker(index)));
  }

  /** The daemon is about to be killed: whatever is not answered from here on may have happened or not. */
  end(): void {
    this.#ended = true;
  }

  async #worker(index: number): Promise<void> {
    while (!this.#ended) {
      const own = [...this.containers.values()].filter(({ name }) => name.startsWith(`w${index}-`));
      try {
        await this.#act(index, own);
      } catch {
        return;
      }
    }
  }

  async #act(index: number, own: readonly Subject[]): Promise<void> {
    const chance = Math.random();
    const subject = own[Math.floor(Math.random() * own.length)];
    const images = [...this.images.keys()].filter((name) => name.startsWith(`w${index}-`));
    if (subject === undefined || (own.length < 4 && chance < 0.4)) await this.#create(index);
    else if (subject.exists !== "yes" || chance < 0.5) await this.#remove(subject);
    else if (images.length > 2) await this.#removeImage(images[0]!);
    else if (subject.started === "no") await this.#start(subject);
    else if (chance < 0.65) await this.#commit(`${subject.name}-image-${(this.#made += 1)}`, subject);
    else if (chance < 0.85) await this.#stop(subject);
    else await sleep(20);
  }

  async #create(index: number): Promise<void> {
    const number = (this.#made += 1);
    const name = `w${index}-${number}`;
    const finite = Math.random() < 0.7;
    const lines = finite ? 20 + Math.floor(Math.random() * 200) : Number.POSITIVE_INFINITY;
    const exitCode = finite ? 1 + (number % 100) : 137;
    const subject: Subject = { name, lines, exitCode, exists: "asked", started: "no", stopped: false };
    this.containers.set(name, subject);
    const counted = `while [ $i -lt ${lines} ]; do echo line $i; i=$((i + 1)); usleep 4000; done; exit ${exitCode}`;
    const body = {
      Image: "busybox",
      Cmd: ["sh", "-c", `i=0; ${finite ? counted : endless}`],
      HostConfig: { NetworkMode: "none" },
    };
    await this.#ask("POST", `/containers/create?name=${name}`, body);
    subject.exists = "yes";
  }

  async #start(subject: Subject): Promise<void> {
    subject.started = "asked";
    await this.#ask("POST", `/containers/${subject.name}/start`);
    subject.started = "yes";
  }

  async #stop(subject: Subject): Promise<void> {
    subject.stopped = true;
    await this.#ask("POST", `/containers/${subject.name}/stop?t=0`);
  }

  async #commit(image: string, subject: Subject): Promise<void> {
    this.images.set(image, "asked");
    await this.#ask("POST", `/commit?container=${subject.name}&repo=${image}`, {});
    this.images.set(image, "yes");
  }

  /** One whose creation or removal was cut off may be gone already. */
  async #remove(subject: Subject): Promise<void> {
    const certain = subject.exists === "yes";
    subject.exists = "asked";
    // To force is to kill first.
    subject.stopped = true;
    await this.#ask("DELETE", `/containers/${subject.name}?force=1`, undefined, certain ? [] : [404]);
    subject.exists = "no";
  }

  async #removeImage(name: string): Promise<void> {
    const certain = this.images.get(name) === "yes";
    this.images.set(name, "asked");
    await this.#ask("DELETE", `/images/${name}?force=1`, undefined, certain ? [] : [404]);
    this.images.set(name, "no");
  }

  /** Throws when it was cut off, and when it was refused. */
  async #ask(method: string, path: string, body?: object, alsoAllowed: readonly number[] = []): Promise<void> {
    const answer = await this.#api.call(method, path, body);
    this.answers += 1;
    if (answer.status < 400 || alsoAllowed.includes(answer.status)) return;
    this.refusals.push(`${method} ${path}: ${answer.status} ${answer.body.toString()}`);
    throw new Error("refused");
  }
}
