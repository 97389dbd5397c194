import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import type { Runner } from "../runner.ts";
import { Stopwatch } from "../stopwatch.ts";

/** Docker Inc.'s daemon with a root of its own, driven by the command that stands beside it on PATH. */
export const dockerd: Runner = {
  name: "dockerd",
  programs: ["dockerd", "docker", "containerd"],
  async prepare({ directory, tarball, cleanup }) {
    const root = join(directory, "dockerd");
    const address = `unix://${root}.sock`;
    const flags = ["--storage-driver", "overlay2", "--bridge", "none", "--iptables=false", "--ip-forward=false"];
    const places = ["--data-root", root, "--exec-root", `${root}-run`, "--pidfile", `${root}.pid`, "-H", address];
    const daemon = spawn("dockerd", [...flags, ...places], { stdio: "ignore" });
    const gone = new Promise((resolve) => daemon.once("exit", resolve));
    cleanup.defer(async () => {
      daemon.kill("SIGTERM");
      await gone;
    });
    for (let tries = 0; !existsSync(`${root}.sock`); tries += 1) {
      if (daemon.exitCode !== null || tries > 300) throw new Error("dockerd does not start");
      await sleep(100);
    }
    const stopwatch = cleanup.use(new Stopwatch(join(directory, "dockerd.log")));
    await stopwatch.time(`docker -H ${address} import ${tarball} bench`);
    return () => stopwatch.time(`docker -H ${address} run --rm --network none bench true`);
  },
};
