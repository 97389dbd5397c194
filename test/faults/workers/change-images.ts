// Commits, copies, saves, loads and compares with a container that runs and one that does not, all at a time and over and over, until it
// is killed. Says "ready" when all of that goes on.
// Usage: node change-images.ts DATA_ROOT EXEC_ROOT
import { createEngine } from "@gantry/runtime";

const [dataRoot, execRoot] = process.argv.slice(2) as [string, string];
const { containers, images } = await createEngine({ root: dataRoot, execRoot });

async function again(work: (round: number) => Promise<unknown>): Promise<never> {
  for (let round = 0; ; round += 1) await work(round);
}

async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _chunk of stream);
}

const tasks = [
  () => again((round) => containers.commit("runs", { reference: `committed:${round % 3}` })),
  () => again(() => drain(containers.changes("runs"))),
  () => again(async () => drain((await containers.readPath("stands", "/data")).archive)),
  () => again(async () => containers.writePath("stands", "/data", (await containers.readPath("runs", "/etc")).archive)),
  () =>
    again(async () => {
      for (const { id } of await images.load(images.save(["busybox"]))) await images.tag(id, "loaded");
      await images.remove("loaded");
    }),
  () => again(() => images.prune()),
];
const working = tasks.map((task) => task());
console.log("ready");
await Promise.all(working);
