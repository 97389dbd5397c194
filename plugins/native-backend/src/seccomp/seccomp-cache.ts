import type { SeccompProfile } from "@gantry/core";

import { seccompProgram } from "./seccomp-program.ts";

const capacity = 16;

/** Assembled profiles: most containers of an engine have the same one, and assembling costs milliseconds. */
export class SeccompCache {
  readonly #byObject = new WeakMap<SeccompProfile, Uint8Array>();
  readonly #byContent = new Map<string, Uint8Array>();

  program(profile: SeccompProfile): Uint8Array {
    let program = this.#byObject.get(profile);
    if (program) return program;
    const content = JSON.stringify(profile, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value));
    program = this.#byContent.get(content);
    if (!program) {
      program = seccompProgram(profile, process.arch);
      const [oldest] = this.#byContent.keys();
      if (oldest !== undefined && this.#byContent.size >= capacity) this.#byContent.delete(oldest);
      this.#byContent.set(content, program);
    }
    this.#byObject.set(profile, program);
    return program;
  }
}
