import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Builds what bin/docker and the processes that the tests kill run on; a fresh build costs nothing. */
export default function setup(): void {
  execFileSync("node_modules/.bin/tsc", ["-b", "tsconfig.build.json"], {
    cwd: root,
    stdio: "inherit",
  });
}
