import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";

import { EngineError } from "@gantry/core";

/** Step n leads from version n to n + 1 of the file, which SQLite keeps in `user_version`. Never change one, append. */
const migrations = [
  "CREATE TABLE record (bucket TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (bucket, key)) WITHOUT ROWID, STRICT",
];

/** The open file with its statements. Throws errors of node:sqlite as they are. */
export class StateDatabase {
  readonly #database: DatabaseSync;
  readonly #get: StatementSync;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;
  readonly #page: StatementSync;

  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    // Records hold environments, and so secrets. SQLite gives its side files the mode of this one.
    closeSync(openSync(path, "a", 0o600));
    this.#database = new DatabaseSync(path);
    try {
      this.#database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
      this.#migrate(path);
      this.#get = this.#database.prepare("SELECT value FROM record WHERE bucket = ? AND key = ?");
      this.#put = this.#database.prepare("INSERT OR REPLACE INTO record (bucket, key, value) VALUES (?, ?, ?)");
      this.#delete = this.#database.prepare("DELETE FROM record WHERE bucket = ? AND key = ?");
      // BINARY, SQLite's default collation, compares UTF-8 bytes.
      this.#page = this.#database.prepare(
        "SELECT key, value FROM record WHERE bucket = ? AND key >= ? AND key <> ? ORDER BY key LIMIT ?",
      );
    } catch (thrown) {
      this.#database.close();
      throw thrown;
    }
  }

  #migrate(path: string): void {
    const version = Number(this.#database.prepare("PRAGMA user_version").get()?.["user_version"]);
    if (version > migrations.length) {
      const message = `the state in ${path} has version ${version}, this engine knows up to ${migrations.length}: use a newer engine`;
      throw new EngineError("unsupported", message, { details: { path, version } });
    }
    for (let step = version; step < migrations.length; step += 1) {
      this.#database.exec(`BEGIN IMMEDIATE; ${migrations[step]}; PRAGMA user_version = ${step + 1}; COMMIT`);
    }
  }

  get(bucket: string, key: string): string | undefined {
    return this.#get.get(bucket, key)?.["value"] as string | undefined;
  }

  put(bucket: string, key: string, value: string): void {
    this.#put.run(bucket, key, value);
  }

  delete(bucket: string, key: string): void {
    this.#delete.run(bucket, key);
  }

  /** At most `limit` records in byte order of the keys, from `start` on or after `last`. */
  page(bucket: string, start: string, last: string, limit: number): readonly { key: string; value: string }[] {
    return this.#page.all(bucket, start, last, limit) as unknown as { key: string; value: string }[];
  }

  begin(): void {
    this.#database.exec("BEGIN IMMEDIATE");
  }

  commit(): void {
    this.#database.exec("COMMIT");
  }

  /** SQLite has rolled back by itself after some errors, a full disk among them. */
  rollback(): void {
    if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
  }

  close(): void {
    this.#database.close();
  }
}
