import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** What stands in the way of running containers here; the tests' titles tell it when they skip. */
export function obstacle(...programs: readonly string[]): string | undefined {
  if (process.platform !== "linux") return "needs Linux";
  if (process.geteuid?.() !== 0) return "needs root";
  const missing = programs.find((name) => !hasProgram(name));
  return missing === undefined ? undefined : `needs ${missing}`;
}

/** A title that says why the tests beneath it are skipped. */
export function titled(title: string, reason: string | undefined): string {
  return reason === undefined ? title : `${title} (skipped: ${reason})`;
}

function hasProgram(name: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
