import { setTimeout as delay } from "node:timers/promises";

import { collect } from "@gantry/testkit";
import { describe, expect, it } from "vitest";

import { EventLog, maximumLag } from "../src/events/event-log.ts";
import type { EngineEvent, EventQuery } from "../src/index.ts";
import { now } from "../src/timestamps.ts";

function tell(log: EventLog, action: string, more: Partial<EngineEvent> = {}): void {
  log.emit({ type: "container", id: "c1", action, attributes: { name: "web", image: "example/web:1" }, ...more });
}

/** The actions of all past events of a query. */
async function past(log: EventLog, query: EventQuery = {}): Promise<readonly string[]> {
  return (await collect(log.subscribe({ until: now(), ...query }))).map(({ action }) => action);
}

describe("events", () => {
  it("are told to each reader in order, from his call on", async () => {
    const log = new EventLog();
    tell(log, "create");
    const [one, two] = [log.subscribe(), log.subscribe()].map((events) => events[Symbol.asyncIterator]());
    for (const action of ["start", "die", "destroy"]) tell(log, action);
    const readThree = async (reader = one!): Promise<readonly string[]> => {
      const actions: string[] = [];
      for (let count = 0; count < 3; count += 1) actions.push(((await reader.next()).value as EngineEvent).action);
      return actions;
    };
    expect(await readThree()).toEqual(["start", "die", "destroy"]);
    expect(await readThree(two)).toEqual(["start", "die", "destroy"]);
    const waiting = one!.next();
    tell(log, "create");
    expect((await waiting).value).toMatchObject({ action: "create", id: "c1", attributes: { name: "web" } });
  });

  it("the last 256 are kept for who asks for the past", async () => {
    const log = new EventLog();
    for (let count = 0; count < 300; count += 1) tell(log, `a${count}`);
    expect(await past(log)).toEqual(Array.from({ length: 256 }, (_, index) => `a${index + 44}`));
    const since = now();
    tell(log, "later");
    expect(await past(log, { since })).toEqual(["later"]);
    const until = now();
    tell(log, "too late");
    expect(await past(log, { since, until })).toEqual(["later"]);
  });

  it("have strictly increasing times", async () => {
    const log = new EventLog();
    for (let count = 0; count < 50; count += 1) tell(log, "x");
    const times = (await collect(log.subscribe({ until: now() }))).map(({ time }) => time);
    expect(times).toEqual([...new Set(times)].toSorted((left, right) => Number(left - right)));
  });

  it("end at a time to come", async () => {
    const log = new EventLog();
    const events = collect(log.subscribe({ until: now() + 50_000_000n }));
    tell(log, "in time");
    await delay(100);
    tell(log, "too late");
    expect((await events).map(({ action }) => action)).toEqual(["in time"]);
  });

  it("end when the reader gives up", async () => {
    const log = new EventLog();
    const controller = new AbortController();
    const events = collect(log.subscribe({ signal: controller.signal }));
    await delay(1);
    controller.abort(new Error("enough"));
    await expect(events).rejects.toThrow("enough");
  });

  it("cut off a reader that lags too far behind, and no other", async () => {
    const log = new EventLog();
    const slow = log.subscribe()[Symbol.asyncIterator]();
    const fast = log.subscribe()[Symbol.asyncIterator]();
    for (let count = 0; count < maximumLag; count += 1) {
      tell(log, "x");
      await fast.next();
    }
    tell(log, "one too many");
    await expect(slow.next()).rejects.toMatchObject({ code: "unavailable" });
    expect((await fast.next()).value).toMatchObject({ action: "one too many" });
  });
});

describe("filters of events", () => {
  const log = new EventLog();
  const image = { type: "image", id: "example/web:1", attributes: { name: "example/web" } } as const;
  tell(log, "pull", image);
  tell(log, "create", { attributes: { name: "web", image: "example/web:1", a: "1", b: "2" } });
  tell(log, "exec_start: sh -c true");
  tell(log, "health_status: healthy");
  tell(log, "create", { type: "volume", id: "data", attributes: { driver: "local" } });
  tell(log, "start", { id: "c2", attributes: { name: "db", image: "example/db" } });

  it.each<[Readonly<Record<string, readonly string[]>>, readonly string[]]>([
    [{ type: ["image", "volume"] }, ["pull", "create"]],
    [{ event: ["exec_start"] }, ["exec_start: sh -c true"]],
    [{ event: ["health_status: healthy"] }, ["health_status: healthy"]],
    [{ event: ["health_status: unhealthy"] }, []],
    [{ event: ["create"] }, ["create", "create"]],
    [{ event: ["crea"] }, []],
    [{ container: ["c2"] }, ["start"]],
    [{ container: ["/db", "nosuch"] }, ["start"]],
    [{ image: ["example/web"] }, ["pull", "create", "exec_start: sh -c true", "health_status: healthy"]],
    [{ image: ["example/web:1"], event: ["create"] }, ["create"]],
    [{ label: ["a=1", "b"] }, ["create"]],
    [{ label: ["a=1", "c"] }, []],
    [{ volume: ["data"] }, ["create"]],
    [{ scope: ["swarm"] }, []],
    [{ network: ["none"] }, []],
    [{ daemon: ["x"] }, []],
  ])("%j", async (filters, actions) => {
    expect(await past(log, { filters })).toEqual(actions);
  });

  it("that are unknown are refused at the call", () => {
    expect(() => log.subscribe({ filters: { colour: ["red"] } })).toThrow("invalid filter 'colour'");
  });
});
