import { type BigIntStats, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import type { LogContext } from "@gantry/core";

/** An open log file and what tells it from others while it is renamed. */
export interface OpenLogFile {
  handle: FileHandle;
  inode: bigint;
}

/**
 * The files of one container: `<id>-json.log` and, the older the higher, `.1`, `.2` …
 * Listing and rotating are synchronous, so that within this process nobody sees a rotation half done.
 */
export class LogFiles {
  readonly current: string;

  constructor({ directory, containerId }: LogContext) {
    this.current = join(directory, `${containerId}-json.log`);
  }

  /** Paths with inodes, the newest first. */
  list(): readonly { path: string; inode: bigint }[] {
    return this.#numbers().flatMap((number) => {
      const path = this.#path(number);
      const inode = inodeOf(path);
      return inode === undefined ? [] : [{ path, inode }];
    });
  }

  /** Moves each file one further and drops those for which there is no room; there is no current one afterwards. */
  rotate(maxFile: number): void {
    for (const number of this.#numbers().toReversed()) {
      if (number + 1 >= maxFile) rmSync(this.#path(number), { force: true });
      else renameSync(this.#path(number), this.#path(number + 1));
    }
  }

  removeAll(): void {
    for (const number of this.#numbers()) rmSync(this.#path(number), { force: true });
  }

  oldest(): Promise<OpenLogFile | undefined> {
    return this.#open(() => this.list().at(-1));
  }

  newest(): Promise<OpenLogFile | undefined> {
    return this.#open(() => this.list()[0]);
  }

  /** The file written after the given one; the oldest when that one has been dropped. */
  newerThan(inode: bigint): Promise<OpenLogFile | undefined> {
    return this.#open(() => {
      const files = this.list();
      const index = files.findIndex((file) => file.inode === inode);
      return index === -1 ? files.at(-1) : files[index - 1];
    });
  }

  olderThan(inode: bigint): Promise<OpenLogFile | undefined> {
    return this.#open(() => {
      const files = this.list();
      const index = files.findIndex((file) => file.inode === inode);
      return index === -1 ? undefined : files[index + 1];
    });
  }

  /** Chooses again when the chosen file has moved before it was open. */
  async #open(choose: () => { path: string; inode: bigint } | undefined): Promise<OpenLogFile | undefined> {
    for (;;) {
      const chosen = choose();
      if (chosen === undefined) return undefined;
      const handle = await open(chosen.path, "r").catch((thrown: NodeJS.ErrnoException) => {
        if (thrown.code === "ENOENT") return undefined;
        throw thrown;
      });
      if (handle === undefined) continue;
      const { ino: inode } = await handle.stat({ bigint: true });
      if (inode === chosen.inode) return { handle, inode };
      await handle.close();
    }
  }

  #path(number: number): string {
    return number === 0 ? this.current : `${this.current}.${number}`;
  }

  #numbers(): readonly number[] {
    const name = basename(this.current);
    return readNames(dirname(this.current))
      .filter(
        (other) => other === name || (other.startsWith(`${name}.`) && /^[1-9]\d*$/.test(other.slice(name.length + 1))),
      )
      .map((other) => Number(other.slice(name.length + 1)))
      .toSorted((one, other) => one - other);
  }
}

function readNames(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw thrown;
  }
}

function inodeOf(path: string): bigint | undefined {
  const stats: BigIntStats | undefined = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats?.ino;
}
