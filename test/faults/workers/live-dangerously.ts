// Creates, starts, stops and removes containers at random until it is killed, and keeps a journal of what it asked for and what was
// answered: one JSON line each on standard output.
// Usage: node live-dangerously.ts DATA_ROOT EXEC_ROOT PREFIX
import { isEngineError } from "@gantry/core";
import { createEngine } from "@gantry/runtime";

export interface JournalEntry {
  event: "asked" | "answered" | "refused";
  verb: "create" | "start" | "stop" | "remove";
  name: string;
  error?: string;
}

const [dataRoot, execRoot, prefix] = process.argv.slice(2) as [string, string, string];
const commands = [
  ["true"],
  ["sh", "-c", "echo some output; exit 3"],
  ["sleep", "1000"],
  ["sh", "-c", "yes | head -c 300000"],
];
const engine = await createEngine({ root: dataRoot, execRoot });
const { containers } = engine;
const found = (await containers.list({ all: true })).map(({ name }) => name);
/** Several at a time, so that a kill meets more than one change under way; each has containers of its own. */
const lives = 3;
let made = 0;

function note(entry: JournalEntry): void {
  process.stdout.write(`${JSON.stringify(entry)}\n`);
}

async function ask(verb: JournalEntry["verb"], name: string, work: () => Promise<unknown>): Promise<void> {
  note({ event: "asked", verb, name });
  try {
    await work();
    note({ event: "answered", verb, name });
  } catch (error) {
    // Started twice, or stopped when it had exited by itself.
    const event = isEngineError(error, "not-modified") ? "answered" : "refused";
    note({ event, verb, name, error: String(error) });
  }
}

const pick = <T>(items: readonly T[]): T => items[Math.floor(Math.random() * items.length)]!;

async function live(names: string[]): Promise<void> {
  for (;;) {
    const name = names.length > 2 || (names.length > 0 && Math.random() < 0.6) ? pick(names) : undefined;
    if (name === undefined) {
      const fresh = `${prefix}-${(made += 1)}`;
      const config = { image: "busybox", command: pick(commands) };
      await ask("create", fresh, () => containers.create({ name: fresh, config, hostConfig: { networkMode: "none" } }));
      names.push(fresh);
    } else if (Math.random() < 0.4) {
      names.splice(names.indexOf(name), 1);
      await ask("remove", name, () => containers.remove(name, { force: true }));
    } else if (Math.random() < 0.7) await ask("start", name, () => containers.start(name));
    else await ask("stop", name, () => containers.stop(name, { timeout: 0 }));
  }
}

await Promise.all(
  Array.from({ length: lives }, (_, life) => live(found.filter((_name, index) => index % lives === life))),
);
