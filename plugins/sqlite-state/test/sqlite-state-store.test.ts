import { mkdir, open, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { collect, expectAborted, expectError, temporaryDirectory } from "@gantry/testkit";
import { describe, expect, test } from "vitest";

import { SqliteStateStore, sqliteState } from "../src/index.ts";

async function withStore(work: (store: SqliteStateStore, path: string) => Promise<void>): Promise<void> {
  await using directory = await temporaryDirectory();
  const path = join(directory.path, "below/state.db");
  const store = new SqliteStateStore({ path });
  try {
    await work(store, path);
  } finally {
    await store.stop();
  }
}

describe("the file", () => {
  test("is made with its directory, for its owner alone, side files included", () =>
    withStore(async (store, path) => {
      await store.put("b", "k", 1);
      for (const name of [path, `${path}-wal`, `${path}-shm`]) expect((await stat(name)).mode & 0o777).toBe(0o600);
    }));

  test("holds what was answered before anything is closed", () =>
    withStore(async (store, path) => {
      await store.put("b", "k", { a: 1 });
      const other = new DatabaseSync(path, { readOnly: true });
      expect(other.prepare("SELECT value FROM record").get()?.["value"]).toBe('{"a":1}');
      other.close();
    }));

  test("is closed by stop, which leaves no side files, and opened again by the next call", () =>
    withStore(async (store, path) => {
      await store.put("b", "k", 1);
      await store.stop();
      await store.stop();
      await expect(stat(`${path}-wal`)).rejects.toMatchObject({ code: "ENOENT" });
      expect(await store.get("b", "k")).toBe(1);
    }));

  test.each([
    [
      "no database",
      Buffer.from("this is not a database, but it is long enough to be taken for one by its size alone.".repeat(20)),
    ],
    ["a database with a broken page", undefined],
  ])("that is %s stops the start with its name and the remedy", async (_, content) => {
    await using directory = await temporaryDirectory();
    const path = join(directory.path, "state.db");
    if (content === undefined) await breakDatabase(path);
    else await writeFile(path, content);
    const store = new SqliteStateStore({ path });
    const error = await expectError("internal", async () => {
      await store.start();
      await collect(store.list("b"));
    });
    await store.stop();
    expect(error.message).toContain(path);
    expect(error.message).toMatch(/move it away/);
  });

  test("of a newer engine is unsupported and is left alone", async () => {
    await using directory = await temporaryDirectory();
    const path = join(directory.path, "state.db");
    const newer = new DatabaseSync(path);
    newer.exec("PRAGMA user_version = 99");
    newer.close();
    const error = await expectError("unsupported", () => new SqliteStateStore({ path }).start());
    expect(error.message).toMatch(/version 99.*newer engine/);
  });

  test("that is a directory is an error that names it", async () => {
    await using directory = await temporaryDirectory();
    const path = join(directory.path, "state.db");
    await mkdir(path);
    const error = await expectError("internal", () => new SqliteStateStore({ path }).start());
    expect(error.message).toContain(path);
  });

  test("that another process holds is a conflict", () =>
    withStore(async (store, path) => {
      await store.put("b", "k", 1);
      const other = new DatabaseSync(path);
      other.exec("BEGIN IMMEDIATE");
      const error = await expectError("conflict", () => store.put("b", "k", 2));
      other.close();
      expect(error.message).toMatch(/in use by another process/);
      await store.put("b", "k", 3);
      expect(await store.get("b", "k")).toBe(3);
    }));
});

/** A file that SQLite opens, and whose table it then cannot read. */
async function breakDatabase(path: string): Promise<void> {
  const store = new SqliteStateStore({ path });
  for (let index = 0; index < 200; index += 1) await store.put("b", `${index}`, "x".repeat(200));
  await store.stop();
  const file = await open(path, "r+");
  const { size } = await file.stat();
  await file.write(Buffer.alloc(size - 8192, 0xff), 0, size - 8192, 8192);
  await file.close();
}

describe("list", () => {
  test("goes through more records than it reads at a time, in byte order", () =>
    withStore(async (store) => {
      const keys = Array.from({ length: 1203 }, (_, index) => `k${index}`);
      await store.transaction((transaction) => {
        for (const key of [...keys, "j", "l", "K", "ké", "k\u{10ffff}", "k"]) transaction.put("b", key, key);
      });
      const expected = [...keys, "ké", "k\u{10ffff}", "k"].toSorted((one, other) =>
        Buffer.compare(Buffer.from(one), Buffer.from(other)),
      );
      const records = await collect(store.list<string>("b", { prefix: "k" }));
      expect(records.map(({ key }) => key)).toEqual(expected);
      expect(records.every(({ key, value }) => key === value)).toBe(true);
    }));

  test("may be left, and records changed, in the middle", () =>
    withStore(async (store) => {
      for (let index = 0; index < 10; index += 1) await store.put("b", `${index}`, index);
      for await (const { key } of store.list("b")) {
        await store.delete("b", key);
        if (key === "4") break;
      }
      expect((await collect(store.list("b"))).map(({ key }) => key)).toEqual(["5", "6", "7", "8", "9"]);
    }));
});

describe("values", () => {
  test.each([undefined, () => {}, Symbol("s"), 1n, NaN, Infinity, { deep: [{ bad: NaN }] }, { f: () => {} }])(
    "%s cannot be kept, and the error names the record",
    (value) =>
      withStore(async (store) => {
        const error = await expectError("invalid-argument", () => store.put("bucket", "key", value));
        expect(error.message).toContain("bucket/key");
        await expectError("invalid-argument", () => store.transaction((t) => t.put("bucket", "key", value)));
        expect(await store.get("bucket", "key")).toBeUndefined();
      }),
  );

  test("are taken at the call: later changes of the object do not count", () =>
    withStore(async (store) => {
      const value = { n: 1 };
      const putting = store.put("b", "k", value);
      value.n = 2;
      await putting;
      expect(await store.get("b", "k")).toEqual({ n: 1 });
    }));

  test("without a property are kept, and null is a value", () =>
    withStore(async (store) => {
      await store.put("b", "k", { a: undefined, b: null });
      expect(await store.get("b", "k")).toEqual({ b: null });
      await store.put("b", "null", null);
      expect(await store.get("b", "null")).toBeNull();
    }));
});

describe("a transaction", () => {
  test("that uses the store itself is refused instead of waiting for itself", () =>
    withStore(async (store) => {
      await expectError("internal", () => store.transaction(() => store.get("b", "k")));
      await expectError("internal", () => store.transaction(() => store.transaction(() => {})));
      await store.put("b", "k", 1);
      expect(await store.get("b", "k")).toBe(1);
    }));

  test("may start work that uses the store after its end", () =>
    withStore(async (store) => {
      let later: Promise<unknown> | undefined;
      const ended = Promise.withResolvers<void>();
      await store.transaction(() => {
        later = ended.promise.then(() => store.put("b", "k", 1));
      });
      ended.resolve();
      await later;
      expect(await store.get("b", "k")).toBe(1);
    }));

  test("is of no use after its end", () =>
    withStore(async (store) => {
      const transaction = await store.transaction((inner) => inner);
      await expectError("internal", () => transaction.put("b", "k", 1));
    }));

  test("whose signal aborts while it works writes nothing", () =>
    withStore(async (store) => {
      const caller = new AbortController();
      const reason = new Error("enough");
      const work = store.transaction(
        (transaction) => {
          transaction.put("b", "k", 1);
          caller.abort(reason);
        },
        { signal: caller.signal },
      );
      await expect(work).rejects.toBe(reason);
      expect(await store.get("b", "k")).toBeUndefined();
    }));

  test("hides its writes from a read that waits for it", () =>
    withStore(async (store) => {
      const gate = Promise.withResolvers<void>();
      const failing = store.transaction(async (transaction) => {
        transaction.put("b", "k", "never");
        await gate.promise;
        throw new Error("undo");
      });
      const reading = store.get("b", "k");
      gate.resolve();
      await expect(failing).rejects.toThrow("undo");
      expect(await reading).toBeUndefined();
    }));
});

test("an aborted call rejects with the reason before it does anything", () =>
  withStore(async (store) => {
    await expectAborted((signal) => store.put("b", "k", 1, { signal }));
    expect(await store.get("b", "k")).toBeUndefined();
  }));

test("neither a path nor paths is an error that names the option", async () => {
  const error = await expectError("invalid-argument", () => new SqliteStateStore({}));
  expect(error.message).toMatch(/path/);
  expect((await sqliteState.definition.options!["~standard"].validate({ path: 1 })).issues).toHaveLength(1);
});
