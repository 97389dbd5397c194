import type { ProgressEvent } from "@gantry/core";
import { expect, it } from "vitest";

import { BootstrapLog } from "../src/bootstrap-log.ts";

function statuses(lines: readonly string[]): string[] {
  const events: ProgressEvent[] = [];
  const log = new BootstrapLog((event) => events.push(event));
  for (const line of lines) log.line(line);
  expect(new Set(events.map((event) => event.id))).toEqual(new Set(["base"]));
  return events.map((event) => event.status);
}

it("tells the stages of mmdebstrap and counts in tens", () => {
  const unpacked = Array.from({ length: 21 }, (_, index) => `Unpacking package${index} (1.0) ...`);
  expect(statuses(["I: running apt-get update...", "noise", "Get:1 http://m.example x [1 kB]", ...unpacked])).toEqual([
    "Fetching package lists",
    "Fetching packages",
    "Unpacking packages",
    "Unpacking packages (10)",
    "Unpacking packages (20)",
  ]);
});

it("tells the stages of debootstrap", () => {
  expect(
    statuses(["I: Retrieving bash 5", "I: Validating bash", "I: Unpacking bash", "I: Configuring bash..."]),
  ).toEqual(["Fetching packages", "Unpacking packages", "Configuring packages"]);
});
