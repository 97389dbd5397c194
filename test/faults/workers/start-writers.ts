// Starts containers that write lines and exit each in its own way, says "ready", and waits to be killed.
// Usage: node start-writers.ts DATA_ROOT EXEC_ROOT COUNT LINES
import { createEngine } from "@gantry/runtime";

const [dataRoot, execRoot, count, lines] = process.argv.slice(2) as [string, string, string, string];
const engine = await createEngine({ root: dataRoot, execRoot });

async function start(index: number): Promise<void> {
  const script = `i=0; while [ $i -lt ${lines} ]; do echo "line $i"; i=$((i + 1)); [ $((i % 50)) = 0 ] && usleep 100000; done; exit ${index}`;
  const { id } = await engine.containers.create({
    name: `writer-${index}`,
    config: { image: "busybox", command: ["sh", "-c", script] },
    hostConfig: { networkMode: "none" },
  });
  await engine.containers.start(id);
}

await Promise.all(Array.from({ length: Number(count) }, (_, index) => start(index)));
process.stdout.write("ready\n");
setInterval(() => {}, 1000);
