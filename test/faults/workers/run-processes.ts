// Starts a container that its policy starts again and again, and one with execs and a slow health check, says "ready", and waits to
// be killed.
// Usage: node run-processes.ts DATA_ROOT EXEC_ROOT
import { createEngine } from "@gantry/runtime";

const [dataRoot, execRoot] = process.argv.slice(2) as [string, string];
const { containers, execs } = await createEngine({ root: dataRoot, execRoot });

await containers.create({
  name: "restless",
  config: { image: "busybox", command: ["sh", "-c", "echo run; exit 1"] },
  hostConfig: { networkMode: "none", restartPolicy: { name: "on-failure", maximumRetryCount: 3 } },
});
await containers.start("restless");
await containers.create({
  name: "busy",
  config: {
    image: "busybox",
    command: ["sleep", "1000"],
    healthcheck: { test: ["CMD", "sleep", "555"], interval: 1_000_000, timeout: 600_000_000_000 },
  },
  hostConfig: { networkMode: "none" },
});
await containers.start("busy");
for (const seconds of ["0.1", "3", "777"]) {
  const { id } = await execs.create("busy", { command: ["sleep", seconds] });
  await execs.start(id, { detach: true });
}
while ((await containers.inspect("restless")).restartCount === 0 || !(await probed())) {
  await new Promise((resolve) => setTimeout(resolve, 1));
}
console.log("ready");
setInterval(() => {}, 1000);

async function probed(): Promise<boolean> {
  return (await containers.top("busy")).processes.some((row) => row.at(-1) === "sleep 555");
}
