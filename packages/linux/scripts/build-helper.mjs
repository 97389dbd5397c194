// Builds the static helper program into dist/, when a source is newer than it. Usage: node build-helper.mjs [--force]
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, renameSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const native = join(root, "native");
const target = join(root, "dist", `gantry-helper-linux-${process.arch}`);

const inputs = readdirSync(native).map((name) => join(native, name));
const builtAt = statSync(target, { throwIfNoEntry: false })?.mtimeMs ?? 0;
if (process.argv.includes("--force") || inputs.some((path) => statSync(path).mtimeMs > builtAt)) build();

function build() {
  const sources = inputs.filter((path) => path.endsWith(".c"));
  const flags = [
    "-static",
    "-O2",
    "-std=gnu11",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-s",
    "-fno-asynchronous-unwind-tables",
  ];
  mkdirSync(dirname(target), { recursive: true });
  const temporary = `${target}.${process.pid}`;
  execFileSync(process.env.CC ?? "cc", [...flags, "-o", temporary, ...sources], { stdio: "inherit" });
  renameSync(temporary, target);
}
