import { access, readFile, readdir, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { collectBytes, expectError, randomContent, temporaryDirectory } from "@gantry/testkit";
import { describe, expect, test } from "vitest";

import { LocalImageStore, localImageStore } from "../src/index.ts";

async function withRoot(work: (root: string, store: LocalImageStore) => Promise<void>): Promise<void> {
  await using directory = await temporaryDirectory();
  const store = new LocalImageStore({ root: directory.path });
  try {
    await work(directory.path, store);
  } finally {
    await store.stop();
  }
}

/** What a killed engine leaves: a writer that nobody has closed, and a store that knows nothing of it. */
async function abandoned(root: string, ref: string, bytes: Uint8Array): Promise<LocalImageStore> {
  const writer = await new LocalImageStore({ root }).writer(ref);
  await writer.write(bytes);
  await writer.close();
  return new LocalImageStore({ root });
}

async function ingestOf(root: string): Promise<string> {
  const [name] = await readdir(join(root, "ingest"));
  return join(root, "ingest", name!);
}

describe("an abandoned writer", () => {
  test("is taken up where the file ends, even in the middle of a chunk", () =>
    withRoot(async (root) => {
      const { bytes, digest } = randomContent(700_000);
      const store = await abandoned(root, "ref", bytes.subarray(0, 600_000));
      await truncate(join(await ingestOf(root), "data"), 555_555);
      const writer = await store.writer("ref", { digest, size: bytes.length });
      expect(writer.offset).toBe(555_555);
      await writer.write(bytes.subarray(writer.offset));
      expect(await writer.commit()).toMatchObject({ digest, size: bytes.length });
      expect(bytes.equals(await collectBytes(store.open(digest)))).toBe(true);
      expect(await readdir(join(root, "ingest"))).toEqual([]);
    }));

  test("says in a file which ref it was", () =>
    withRoot(async (root) => {
      await abandoned(root, "../layer of x", Buffer.from("part"));
      expect(await readFile(join(await ingestOf(root), "ref"), "utf8")).toBe("../layer of x");
    }));

  test("that holds more than is expected begins anew", () =>
    withRoot(async (root) => {
      const store = await abandoned(root, "ref", Buffer.from("much too long"));
      const writer = await store.writer("ref", { size: 4 });
      expect(writer.offset).toBe(0);
      await writer.write(Buffer.from("good"));
      expect((await writer.commit()).size).toBe(4);
    }));

  test("that was committed but for its last step can be written again", () =>
    withRoot(async (root, store) => {
      const { bytes, digest } = randomContent(1000);
      const first = await store.writer("other");
      await first.write(bytes);
      await first.commit();
      await abandoned(root, "ref", bytes);
      const writer = await store.writer("ref", { digest });
      expect((await writer.commit()).digest).toBe(digest);
      expect(await readdir(join(root, "sha256"))).toEqual([digest.slice(7)]);
    }));

  test("is removed at a start a week later, and not before", () =>
    withRoot(async (root) => {
      await abandoned(root, "ref", Buffer.from("part"));
      const data = join(await ingestOf(root), "data");
      const days = (count: number): Date => new Date(Date.now() - count * 24 * 3600 * 1000);
      await utimes(data, days(6.9), days(6.9));
      await new LocalImageStore({ root }).start();
      await access(data);
      await utimes(data, days(7.1), days(7.1));
      await new LocalImageStore({ root }).start();
      expect(await readdir(join(root, "ingest"))).toEqual([]);
    }));
});

describe("a writer", () => {
  test("refuses a byte more than expected at once and throws everything away", () =>
    withRoot(async (root, store) => {
      const writer = await store.writer("ref", { size: 3 });
      await writer.write(Buffer.from("abc"));
      const error = await expectError("invalid-argument", () => writer.write(Buffer.from("d")));
      expect(error.message).toMatch(/longer than the expected 3 bytes/);
      expect(await readdir(join(root, "ingest"))).toEqual([]);
      await (await store.writer("ref")).abort();
    }));

  test("is of no use after its end", () =>
    withRoot(async (_, store) => {
      const writer = await store.writer("ref");
      await writer.close();
      await writer.abort();
      await expectError("conflict", () => writer.write(Buffer.from("x")));
      await expectError("conflict", () => writer.commit());
    }));

  test("keeps the order of writes that are not waited for", () =>
    withRoot(async (_, store) => {
      const writer = await store.writer("ref");
      await Promise.all(Array.from({ length: 50 }, (__, index) => writer.write(Buffer.from(`${index},`))));
      const { digest } = await writer.commit();
      const text = (await collectBytes(store.open(digest))).toString();
      expect(text).toBe(Array.from({ length: 50 }, (__, index) => `${index},`).join(""));
    }));

  test("is kept by a store that stops", () =>
    withRoot(async (root, store) => {
      const writer = await store.writer("ref");
      await writer.write(Buffer.from("part"));
      await store.stop();
      await expectError("conflict", () => writer.write(Buffer.from("x")));
      expect((await new LocalImageStore({ root }).writer("ref").then(closed)).offset).toBe(4);
    }));

  test("of an empty ref is refused", () =>
    withRoot(async (_, store) => {
      await expectError("invalid-argument", () => store.writer(""));
    }));
});

async function closed<T extends { close(): Promise<void> }>(writer: T): Promise<T> {
  await writer.close();
  return writer;
}

describe("content", () => {
  test("that is deleted is still read to its end by who has begun", () =>
    withRoot(async (_, store) => {
      const { bytes, digest } = randomContent(1_000_000);
      const writer = await store.writer("ref");
      await writer.write(bytes);
      await writer.commit();
      const reading = store.open(digest)[Symbol.asyncIterator]();
      const first = (await reading.next()).value as Uint8Array;
      await store.delete(digest);
      const rest = await collectBytes({ [Symbol.asyncIterator]: () => reading });
      expect(Buffer.concat([first, rest]).equals(bytes)).toBe(true);
      expect(await store.stat(digest)).toBeUndefined();
    }));

  test("keeps its time when it is written again", () =>
    withRoot(async (root, store) => {
      const write = async (): Promise<Date> => {
        const writer = await store.writer("ref");
        await writer.write(Buffer.from("same"));
        const { digest, createdAt } = await writer.commit();
        expect((await store.stat(digest))?.createdAt).toEqual(createdAt);
        return createdAt;
      };
      await write();
      const [name] = await readdir(join(root, "sha256"));
      const past = new Date(1_000_000_000_000);
      await utimes(join(root, "sha256", name!), past, past);
      expect(await write()).toEqual(past);
    }));

  test("is listed without what is no content", () =>
    withRoot(async (root, store) => {
      await store.start();
      await writeFile(join(root, "sha256", "README"), "");
      const listed: unknown[] = [];
      for await (const info of store.list()) listed.push(info);
      expect(listed).toEqual([]);
    }));

  test.each([{ start: 0.5 }, { start: -1 }, { start: 3, end: 2 }, { start: 0, end: 6 }, { start: 6 }, { start: NaN }])(
    "range %j of 5 bytes is refused",
    (range) =>
      withRoot(async (_, store) => {
        const writer = await store.writer("ref");
        await writer.write(Buffer.from("hello"));
        const { digest } = await writer.commit();
        await expectError("invalid-argument", () => collectBytes(store.open(digest, range)));
      }),
  );
});

test("neither a root nor paths is an error that names the option", async () => {
  expect((await expectError("invalid-argument", () => new LocalImageStore({}))).message).toMatch(/root/);
  expect((await localImageStore.definition.options!["~standard"].validate({ root: "" })).issues).toHaveLength(1);
});
