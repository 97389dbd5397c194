import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("../../packages/linux/scripts/build-helper.mjs", import.meta.url));

/** Builds the native helper when one of its sources is newer. */
export default function setup(): void {
  if (process.platform === "linux") execFileSync(process.execPath, [script], { stdio: "inherit" });
}
