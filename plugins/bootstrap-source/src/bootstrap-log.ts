import type { ProgressEvent } from "@gantry/core";

/** The count is told once in so many packages: more would only scroll by. */
const step = 10;

const stages: readonly (readonly [RegExp, string])[] = [
  [/^(Get:\d+ |I: Retrieving )/, "Fetching packages"],
  [/^(Unpacking |I: (Extracting|Unpacking) )/, "Unpacking packages"],
  [/^(Setting up |I: Configuring )/, "Configuring packages"],
  [/^I: running apt-get update/, "Fetching package lists"],
  [/^I: cleaning /, "Cleaning up"],
];

/** Turns the log lines of mmdebstrap and debootstrap into progress: the stage, and how many packages it has gone through. */
export class BootstrapLog {
  readonly #counts = new Map<string, number>();
  readonly #report: (event: ProgressEvent) => void;

  constructor(report: (event: ProgressEvent) => void) {
    this.#report = report;
  }

  line(text: string): void {
    const stage = stages.find(([pattern]) => pattern.test(text))?.[1];
    if (stage === undefined) return;
    const count = (this.#counts.get(stage) ?? 0) + 1;
    this.#counts.set(stage, count);
    if (count === 1) this.#report({ id: "base", status: stage });
    else if (count % step === 0) this.#report({ id: "base", status: `${stage} (${count})` });
  }
}
