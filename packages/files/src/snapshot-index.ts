import { mkdirSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync, unlinkSync } from "node:fs";
import { join } from "node:path";

import { EngineError, type SnapshotInfo } from "@gantry/core";

import { shown, wrapFileErrors } from "./file-errors.ts";

/** A snapshot as the driver knows it. `directory` is `<root>/s/<number in base 36>`. */
export interface Snapshot {
  readonly number: number;
  readonly directory: string;
  readonly parent: Snapshot | undefined;
  key: string;
  kind: SnapshotInfo["kind"];
  createdAt: Date;
  children: number;
  /** False until its record is on disk, and again once that is gone. */
  published: boolean;
}

/**
 * Which snapshots there are, in memory and on disk.
 *
 * The record of a snapshot is a symbolic link `record` in its directory whose target is the text `kind parent time key`. Making,
 * replacing (rename) and removing one is a single atomic system call that a journalling file system keeps in order, so there are no
 * torn records and nothing to synchronise on the path of `prepare`. A directory without a record is left over from a call that never
 * answered. Calls are synchronous: a few of them cost less than one trip to the thread pool, and nothing comes between.
 */
export class SnapshotIndex {
  readonly #directory: string;
  readonly #byKey = new Map<string, Snapshot>();
  readonly #freeNumbers: number[] = [];
  #nextNumber = 0;

  constructor(root: string) {
    this.#directory = join(root, "s");
  }

  /** Reads what is on disk; once. @returns directories that belong to no snapshot, for the caller to remove */
  load(): readonly string[] {
    return wrapFileErrors(`read the snapshots in ${this.#directory}`, () => {
      mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
      const names = readdirSync(this.#directory).filter((name) => /^[0-9a-z]+$/.test(name));
      const records = new Map<string, string>();
      for (const name of names) {
        const record = readRecord(join(this.#directory, name, "record"));
        if (record !== undefined) records.set(name, record);
      }
      const restored = new Map<string, Snapshot>();
      for (const name of records.keys()) this.#restore(name, records, restored);
      this.#nextNumber = Math.max(-1, ...names.map((name) => parseInt(name, 36))) + 1;
      const used = new Set(names);
      for (let number = this.#nextNumber - 1; number >= 0; number -= 1) {
        if (!used.has(number.toString(36))) this.#freeNumbers.push(number);
      }
      return names.filter((name) => !records.has(name)).map((name) => join(this.#directory, name));
    });
  }

  #restore(name: string, records: ReadonlyMap<string, string>, restored: Map<string, Snapshot>): Snapshot {
    const known = restored.get(name);
    if (known !== undefined) return known;
    const fields = /^(active|view|committed) (\S+) (\d+) (.+)$/s.exec(records.get(name) ?? "");
    const [, kind, parentName, time, key] = fields ?? [];
    if (kind === undefined || (parentName !== "-" && !records.has(parentName!))) {
      const directory = join(this.#directory, name);
      throw new EngineError("internal", `the snapshot in ${directory} has a damaged record: remove that directory`);
    }
    const parent = parentName === "-" ? undefined : this.#restore(parentName!, records, restored);
    const snapshot = this.#snapshot(parseInt(name, 36), key!, kind as SnapshotInfo["kind"], parent);
    snapshot.createdAt = new Date(Number(time));
    snapshot.published = true;
    restored.set(name, snapshot);
    return snapshot;
  }

  /**
   * Takes key and number for a new snapshot, makes its directory, and guards its parent. It is not there for others until
   * {@link publish}.
   */
  reserve(key: string, kind: "active" | "view", parentKey: string | undefined): Snapshot {
    checkKey(key);
    const parent = parentKey === undefined ? undefined : this.get(parentKey);
    if (parent !== undefined && parent.kind !== "committed") {
      throw new EngineError("invalid-argument", `parent ${shown(parentKey!)} is not committed: commit it first`);
    }
    if (this.#byKey.has(key)) throw new EngineError("conflict", `snapshot ${shown(key)} exists already`);
    const snapshot = this.#snapshot(this.#freeNumbers.pop() ?? this.#nextNumber++, key, kind, parent);
    try {
      mkdirSync(snapshot.directory, { mode: 0o700 });
    } catch (thrown) {
      // The number is not given back: what is in its place may be why this failed.
      this.forget(snapshot);
      throw thrown;
    }
    return snapshot;
  }

  publish(snapshot: Snapshot): void {
    symlinkSync(recordOf(snapshot), join(snapshot.directory, "record"));
    snapshot.published = true;
  }

  /** @param maximumDepth of the snapshot that comes of it */
  commit(name: string, key: string, maximumDepth: number): Snapshot {
    checkKey(name);
    const snapshot = this.get(key);
    if (snapshot.kind !== "active") {
      throw new EngineError(
        "invalid-argument",
        `snapshot ${shown(key)} is ${snapshot.kind}: only an active one can be committed`,
      );
    }
    if (this.#byKey.has(name)) throw new EngineError("conflict", `snapshot ${shown(name)} exists already`);
    if (ancestors(snapshot).length >= maximumDepth) {
      throw new EngineError(
        "unsupported",
        `snapshot ${shown(key)} is too deep: at most ${maximumDepth} layers are possible here`,
      );
    }
    const change = { key: name, kind: "committed" as const, createdAt: new Date() };
    const record = join(snapshot.directory, "record");
    rmSync(`${record}.new`, { force: true });
    symlinkSync(recordOf({ ...snapshot, ...change }), `${record}.new`);
    renameSync(`${record}.new`, record);
    this.#byKey.delete(key);
    this.#byKey.set(name, Object.assign(snapshot, change));
    return snapshot;
  }

  /** Unmakes a record. The caller then removes the directory and {@link release}s the number. */
  remove(key: string): Snapshot {
    const snapshot = this.get(key);
    if (snapshot.children > 0) {
      throw new EngineError("conflict", `snapshot ${shown(key)} has ${snapshot.children} children: remove them first`);
    }
    unlinkSync(join(snapshot.directory, "record"));
    this.forget(snapshot);
    return snapshot;
  }

  /** Gives back what {@link reserve} took, except for the number. */
  forget(snapshot: Snapshot): void {
    this.#byKey.delete(snapshot.key);
    if (snapshot.parent !== undefined) snapshot.parent.children -= 1;
    snapshot.published = false;
  }

  /** The directory is gone and the number can be used again: numbers stay short. */
  release(snapshot: Snapshot): void {
    this.#freeNumbers.push(snapshot.number);
  }

  get(key: string): Snapshot {
    checkKey(key);
    const snapshot = this.#byKey.get(key);
    if (!snapshot?.published) throw new EngineError("not-found", `no such snapshot: ${shown(key)}`);
    return snapshot;
  }

  list(): readonly Snapshot[] {
    return [...this.#byKey.values()].filter(({ published }) => published);
  }

  #snapshot(number: number, key: string, kind: SnapshotInfo["kind"], parent: Snapshot | undefined): Snapshot {
    const directory = join(this.#directory, number.toString(36));
    const createdAt = new Date();
    const snapshot = { number, directory, parent, key, kind, createdAt, children: 0, published: false };
    if (parent !== undefined) parent.children += 1;
    this.#byKey.set(key, snapshot);
    return snapshot;
  }
}

/** The snapshot's committed ancestors, the nearest first. */
export function ancestors(snapshot: Snapshot): readonly Snapshot[] {
  const found: Snapshot[] = [];
  for (let parent = snapshot.parent; parent !== undefined; parent = parent.parent) found.push(parent);
  return found;
}

export function infoOf({ key, kind, parent, createdAt }: Snapshot): SnapshotInfo {
  return parent === undefined ? { key, kind, createdAt } : { key, kind, parent: parent.key, createdAt };
}

function recordOf({ kind, parent, createdAt, key }: Snapshot): string {
  return `${kind} ${parent?.number.toString(36) ?? "-"} ${createdAt.getTime()} ${key}`;
}

function readRecord(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw thrown;
  }
}

function checkKey(key: string): void {
  const fits = key !== "" && Buffer.byteLength(key) <= 255 && !key.includes("\0") && key.isWellFormed();
  if (!fits) {
    const start = JSON.stringify(key.slice(0, 40));
    throw new EngineError(
      "invalid-argument",
      `snapshot key ${start} is malformed: 1 to 255 bytes without NUL are allowed`,
    );
  }
}
