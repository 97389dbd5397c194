import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { constants } from "node:fs";

import { EngineError } from "@gantry/core";

interface LockHolder {
  pid: number;
  command: string;
  /** ISO 8601. */
  since: string;
}

/**
 * The file whose lock makes one engine process the owner of a data directory. The lock itself is taken by the helper on
 * the descriptor that both hold (Node has no flock); it ends when this process closes it or dies.
 */
export class EngineLock {
  readonly path: string;
  readonly fd: number;

  /** @throws EngineError `unavailable` when the file cannot be opened */
  constructor(path: string) {
    this.path = path;
    try {
      this.fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    } catch (cause) {
      throw new EngineError("unavailable", `cannot open ${path}; make its directory and be allowed to write it`, {
        cause,
      });
    }
  }

  /** Says in the file who holds the lock. */
  recordHolder(): void {
    const holder: LockHolder = {
      pid: process.pid,
      command: [process.title, ...process.argv.slice(1)].join(" ").slice(0, 200),
      since: new Date().toISOString(),
    };
    ftruncateSync(this.fd);
    writeSync(this.fd, `${JSON.stringify(holder)}\n`, 0);
  }

  /** The error for a lock that another process holds. */
  conflict(): EngineError {
    const holder = this.#holder();
    const who = holder ? `process ${holder.pid} (${holder.command})` : "another process";
    return new EngineError("conflict", `${this.path} is in use by ${who}; stop it or choose another data root`, {
      details: { path: this.path, ...(holder && { holderPid: holder.pid }) },
    });
  }

  release(): void {
    closeSync(this.fd);
  }

  #holder(): LockHolder | undefined {
    try {
      const value = JSON.parse(readFileSync(this.path, "utf8")) as Partial<LockHolder>;
      if (typeof value.pid !== "number") return undefined;
      return { pid: value.pid, command: String(value.command), since: String(value.since) };
    } catch {
      // The holder has the lock and has not written yet.
      return undefined;
    }
  }
}
