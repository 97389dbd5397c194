import * as fc from "fast-check";
import { Header, Pax } from "tar";
import { describe, expect, it } from "vitest";

import { archiveEntry, readTar, tarStream } from "../src/index.ts";
import type { ArchiveEntryFields } from "../src/index.ts";
import { bytesOf, inPieces, layer, listing, utf8Bytes } from "./layer-fixtures.ts";

const block = (bytes: string | Uint8Array) => {
  const content = Buffer.from(bytes as string);
  return Buffer.concat([content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
};

/** A header made by npm's tar, for a second opinion, with bytes changed by `edit` before the checksum is made. */
function header(
  fields: ConstructorParameters<typeof Header>[0] & object,
  edit: (bytes: Buffer) => void = () => {},
): Buffer {
  const made = new Header({
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtime: new Date(0),
    size: 0,
    type: "File",
    ...(fields as object),
  });
  const bytes = Buffer.alloc(512);
  made.encode(bytes);
  edit(bytes);
  bytes.fill(0x20, 148, 156);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return bytes;
}

const flag = (character: string) => (bytes: Buffer) => void (bytes[156] = character.charCodeAt(0));
const pax = (text: string | Uint8Array) => {
  const body = Buffer.from(text as string);
  return Buffer.concat([header({ path: "PaxHeader", size: body.length }, flag("x")), block(body)]);
};
const record = (key: string, value: string | Uint8Array) => {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value as string), Buffer.from("\n")]);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
};
const end = Buffer.alloc(1024);
const archive = (...parts: Uint8Array[]) => Buffer.concat([...parts, end]);
const read = (bytes: Uint8Array, size = 1000) => listing(inPieces(bytes, size));

describe("reading", () => {
  it("ustar, with prefix", async () => {
    const long = `${"p".repeat(100)}/${"n".repeat(90)}`;
    const [file] = await read(archive(header({ path: long, size: 3, mode: 0o4755, uid: 8, gid: 9 }), block("abc")));
    expect(file).toMatchObject({ path: long, type: "file", text: "abc", mode: 0o4755, uid: 8, gid: 9, size: 3 });
  });

  it("V7: no magic, directories by their slash", async () => {
    const old = (bytes: Buffer) => {
      bytes.fill(0, 257);
      bytes[156] = 0;
    };
    const found = await read(archive(header({ path: "d/" }, old), header({ path: "d/f", size: 1 }, old), block("x")));
    expect(found.map(({ path, type }) => [path, type])).toEqual([
      ["d", "directory"],
      ["d/f", "file"],
    ]);
  });

  it("GNU long names and links", async () => {
    const name = "n".repeat(300);
    const longLink = (character: string, text: string) => [
      header({ path: "././@LongLink", size: text.length + 1 }, flag(character)),
      block(`${text}\0`),
    ];
    const [found] = await read(
      archive(
        ...longLink("K", `/t${name}`),
        ...longLink("L", name),
        header({ path: "cut", linkpath: "cut", type: "SymbolicLink" }),
      ),
    );
    expect(found).toMatchObject({ path: name, type: "symlink", linkTarget: `/t${name}` });
  });

  it("pax: every key, local over global, an empty value takes back", async () => {
    const global = Buffer.concat([record("mtime", "5"), record("uid", "77")]);
    const found = await read(
      archive(
        Buffer.concat([header({ path: "g", size: global.length }, flag("g")), block(global)]),
        pax(
          Buffer.concat([
            record("path", "päx"),
            record("size", "2"),
            record("mtime", "-1.500000001999"),
            record("uid", "4000000000"),
            record("gid", "12"),
            record("SCHILY.xattr.user.a%3Db", Uint8Array.of(0, 0xff, 0x0a)),
            record("comment", "x=y"),
          ]),
        ),
        header({ path: "x", size: 99 }),
        block("ab"),
        pax(record("uid", "")),
        header({ path: "y", uid: 3 }),
      ),
    );
    expect(found).toEqual([
      {
        path: "päx",
        type: "file",
        size: 2,
        text: "ab",
        mode: 0o644,
        uid: 4000000000,
        gid: 12,
        mtime: -1_500_000_001n,
        xattrs: new Map([["user.a=b", Buffer.from([0, 0xff, 0x0a])]]),
      },
      {
        path: "y",
        type: "file",
        size: 0,
        text: "",
        mode: 0o644,
        uid: 3,
        gid: 0,
        mtime: 5_000_000_000n,
        xattrs: new Map(),
      },
    ]);
  });

  it("pax by npm's tar", async () => {
    const encoded = new Pax({ path: "long/".repeat(40) + "x", mtime: new Date(1500), size: 1, linkpath: "l" }).encode();
    const [found] = await read(archive(encoded, header({ path: "short" }), block("z")));
    expect(found).toMatchObject({ path: `${"long/".repeat(40)}x`, mtime: 1_500_000_000n, text: "z" });
  });

  it("devices, FIFOs, hard links; a body of what can have none is not read", async () => {
    const found = await read(
      archive(
        header({ path: "c", type: "CharacterDevice", devmaj: 5, devmin: 300 }),
        header({ path: "b", type: "BlockDevice", devmaj: 8, devmin: 1 }),
        header({ path: "p", type: "FIFO" }),
        header({ path: "h", type: "Link", linkpath: "./c", size: 700 }),
      ),
    );
    expect(found.map(({ path, type, device, linkTarget }) => [path, type, device ?? linkTarget])).toEqual([
      ["c", "character-device", { major: 5, minor: 300 }],
      ["b", "block-device", { major: 8, minor: 1 }],
      ["p", "fifo", undefined],
      ["h", "hard-link", "c"],
    ]);
  });

  it("numbers in base 256, also negative ones", async () => {
    const edit = (bytes: Buffer) => {
      bytes.set([0x80, 0, 0, 0, 0xee, 0x6b, 0x28, 0], 108);
      bytes.set([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe], 136);
    };
    const [found] = await read(archive(header({ path: "x" }, edit)));
    expect(found).toMatchObject({ uid: 0xee6b2800, mtime: -2_000_000_000n });
  });

  it("sizes over 8 GiB are read from the header, before the content", async () => {
    const size = 9 * 2 ** 30;
    for (const start of [
      archive(pax(record("size", String(size))), header({ path: "x" })),
      archive(header({ path: "x", size })),
    ]) {
      for await (const entry of readTar(inPieces(start, 512))) {
        expect(entry.size).toBe(size);
        break;
      }
    }
  });

  it("the end: padding behind the marker is read, a missing marker is no error, an empty stream is an empty archive", async () => {
    let taken = 0;
    async function* counted() {
      for await (const piece of inPieces(archive(header({ path: "x" }), end, Buffer.from("garbage")), 100)) {
        taken += piece.length;
        yield piece;
      }
    }
    expect(await listing(counted())).toHaveLength(1);
    expect(taken).toBe(512 + 1024 + 1024 + 7);
    expect(await read(header({ path: "x" }))).toHaveLength(1);
    expect(await read(Buffer.alloc(0))).toEqual([]);
  });

  it("content that is not asked for is skipped", async () => {
    const paths: string[] = [];
    for await (const entry of readTar(
      inPieces(await bytesOf(layer({ path: "a", content: "x".repeat(2000) }, { path: "b", content: "y" })), 300),
    )) {
      paths.push(entry.path);
      for await (const piece of entry.content) if (piece.length > 0) break;
    }
    expect(paths).toEqual(["a", "b"]);
  });
});

describe("hostile and broken archives", () => {
  const file = (fields: object, edit?: (bytes: Buffer) => void) => archive(header({ path: "x", ...fields }, edit));
  const octal = (text: string, at: number) => (bytes: Buffer) => void bytes.write(text, at, "latin1");
  const bytesAt = (values: number[], at: number) => (bytes: Buffer) => bytes.set(values, at);
  const cases: Record<string, [bytes: Uint8Array, entry?: string]> = {
    "a name that leads up": [file({ path: "../x" }), "../x"],
    "a name that leads up from within": [file({ path: "a/../../x" }), "a/../../x"],
    "an absolute name that leads up": [file({ path: "/../x" }), "/../x"],
    "a name of nothing but dots": [file({ path: ".." }), ".."],
    "a long name that leads up": [
      archive(pax(record("path", "a/../../../etc/passwd")), header({ path: "x" })),
      "a/../../../etc/passwd",
    ],
    "a NUL in a pax path": [archive(pax(record("path", "a\0b")), header({ path: "x" })), "a\0b"],
    "a file in place of the root": [file({ path: "./" }, flag("2")), "./"],
    "no name": [file({ path: "x" }, bytesAt([0], 0)), ""],
    "a hard link that leads up": [file({ type: "Link", linkpath: "../../etc/shadow" }), "x"],
    "a hard link to nothing": [file({ type: "Link", linkpath: "" }), "x"],
    "a NUL in a link target": [
      archive(pax(record("linkpath", "a\0b")), header({ path: "x", type: "SymbolicLink" })),
      "x",
    ],
    "a symlink without target": [file({ type: "SymbolicLink", linkpath: "" }), "x"],
    "a wrong checksum": [archive(header({ path: "x" }).fill(0x41, 0, 1))],
    "no checksum": [archive(header({ path: "x" }).fill(0, 148, 156))],
    text: [Buffer.from("#!/bin/sh\necho this is no archive\n".repeat(40))],
    "a size that is no number": [file({}, octal("9999999", 124)), "x"],
    "a negative size": [
      file({}, bytesAt([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xf0], 124)),
      "x",
    ],
    "an enormous size": [
      file({}, bytesAt([0x80, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xf0], 124)),
      "x",
    ],
    "a negative pax size": [archive(pax(record("size", "-5")), header({ path: "x" })), "x"],
    "a pax size that is no number": [archive(pax(record("size", "5e3")), header({ path: "x" })), "x"],
    "an owner that cannot be": [archive(pax(record("uid", "4294967295")), header({ path: "x" })), "x"],
    "a negative owner": [file({}, bytesAt([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 108)), "x"],
    "a time that is no number": [archive(pax(record("mtime", "now")), header({ path: "x" })), "x"],
    "a time beyond 64 bits": [archive(pax(record("mtime", "99999999999999")), header({ path: "x" })), "x"],
    "a device number that cannot be": [file({ type: "CharacterDevice", devmaj: 4096, devmin: 0 }), "x"],
    "an unknown type": [file({}, flag("Q")), "x"],
    "a sparse file of GNU": [file({}, flag("S")), "x"],
    "a sparse file by pax": [archive(pax(record("GNU.sparse.major", "1")), header({ path: "x" })), "x"],
    "a huge pax header": [archive(header({ path: "P", size: 1 << 30 }, flag("x"))), "P"],
    "a huge long name": [archive(header({ path: "L", size: 1 << 30 }, flag("L"))), "L"],
    "a negative pax header": [
      archive(
        header({ path: "P" }, (bytes) => {
          flag("x")(bytes);
          bytes.fill(0xff, 124, 136);
        }),
      ),
      "P",
    ],
    "a pax record that is too long": [archive(pax("99 path=x\n"), header({ path: "x" }))],
    "a pax record that is too short": [archive(pax("5 path=x\n"), header({ path: "x" }))],
    "a pax record of length 0": [archive(pax("0 path=x\n"), header({ path: "x" }))],
    "a pax record without length": [archive(pax("path=x\n"), header({ path: "x" }))],
    "a pax record without key": [archive(pax("5 =x\n"), header({ path: "x" }))],
    "a pax record without value": [archive(pax("7 path\n"), header({ path: "x" }))],
    "a pax record without its newline": [archive(pax("9 path=xx"), header({ path: "x" }))],
    "a pax header before the end": [archive(pax(record("path", "x")))],
    "an end within a header": [header({ path: "x" }).subarray(0, 100)],
    "an end within a content": [Buffer.concat([header({ path: "x", size: 1000 }), Buffer.alloc(600)]), "x"],
    "an end within a pax header": [Buffer.concat([header({ path: "P", size: 1000 }, flag("x")), Buffer.alloc(600)])],
    "an end within a padding": [Buffer.concat([header({ path: "x", size: 10 }), Buffer.alloc(20)])],
  };
  it.each(Object.entries(cases))("%s", async (_, [bytes, path]) => {
    const expected = path === undefined ? {} : { details: { path } };
    await expect(read(bytes)).rejects.toMatchObject({ code: "invalid-argument", ...expected });
    await expect(read(bytes, 7)).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it("no single changed byte does anything but fail or read", async () => {
    const whole = await bytesOf(
      layer("d/", { path: "d/f", content: "content", mtime: 1n, xattrs: new Map([["user.x", Uint8Array.of(1)]]) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), async (index, value) => {
        const bytes = Buffer.from(whole);
        bytes[index] = value;
        const outcome = await read(bytes).catch((thrown: unknown) => thrown);
        expect(Array.isArray(outcome) || (outcome as { code?: string }).code).toSatisfy(
          (x) => x === true || x === "invalid-argument",
        );
      }),
      { numRuns: 500 },
    );
  });
});

describe("writing", () => {
  it("plain entries are plain ustar", async () => {
    const bytes = await bytesOf(
      layer("d/", { path: "d/x", content: "abc", mode: 0o4755, uid: 1, gid: 2, mtime: 3_000_000_000n }),
    );
    expect(bytes.length).toBe(512 * 5);
    const header = new Header(bytes, 512);
    expect(header).toMatchObject({
      cksumValid: true,
      path: "d/x",
      size: 3,
      mode: 0o4755,
      uid: 1,
      gid: 2,
      mtime: new Date(3000),
    });
    expect(new Header(bytes, 0)).toMatchObject({ path: "d/", type: "Directory" });
  });

  it("sizes over 8 GiB go into the pax header", async () => {
    const size = 2 ** 33 + 5;
    async function* none() {}
    const written = tarStream([archiveEntry({ path: "big", size, content: none() })]);
    const first = await written.next();
    const [entry] = await Array.fromAsync(
      readTar(
        (async function* () {
          yield first.value as Uint8Array;
        })(),
      ),
    ).catch(() => []);
    expect(entry).toBeUndefined();
    for await (const found of readTar(
      (async function* () {
        yield first.value as Uint8Array;
      })(),
    )) {
      expect(found.size).toBe(size);
      break;
    }
    await expect(written.next()).rejects.toMatchObject({ code: "invalid-argument", details: { path: "big" } });
  });

  it("fails when there is more content than announced", async () => {
    async function* long() {
      yield Buffer.from("xxxx");
    }
    const stream = tarStream([archiveEntry({ path: "x", size: 3, content: long() })]);
    await expect(bytesOf(stream)).rejects.toMatchObject({ code: "invalid-argument", details: { path: "x" } });
  });

  const name = fc
    .oneof(
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }),
      fc
        .uint8Array({ minLength: 1, maxLength: 120 })
        .map((bytes) =>
          Array.from(bytes, (byte) =>
            byte < 0x80 ? String.fromCharCode(byte) : String.fromCharCode(0xdc00 + byte),
          ).join(""),
        ),
    )
    .map((text) => text.replaceAll("\0", "0").replaceAll("/", "-"))
    .filter((text) => text !== "." && text !== ".." && text.isWellFormed() === !/[\udc80-\udcff]/.test(text));
  const path = fc.array(name, { minLength: 1, maxLength: 6 }).map((names) => names.join("/"));
  const common = {
    path,
    mode: fc.nat(0o7777),
    uid: fc.nat(0xfffffffe),
    gid: fc.nat(0xfffffffe),
    mtime: fc.bigInt(-(2n ** 62n), 2n ** 62n),
    xattrs: fc
      .dictionary(
        fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 20 }).map((text) => `user.${text}`),
        fc.uint8Array({ maxLength: 300 }),
      )
      .map((values) => new Map(Object.entries(values))),
  };
  const device = fc.record({ major: fc.nat(4095), minor: fc.nat(2 ** 20 - 1) });
  const entry: fc.Arbitrary<ArchiveEntryFields> = fc.oneof(
    fc.record({ ...common, type: fc.constant("file" as const), content: fc.uint8Array({ maxLength: 1500 }) }),
    fc.record({ ...common, type: fc.constantFrom("directory" as const, "fifo" as const) }),
    fc.record({ ...common, type: fc.constantFrom("symlink" as const, "hard-link" as const), linkTarget: path }),
    fc.record({ ...common, type: fc.constantFrom("character-device" as const, "block-device" as const), device }),
  );

  it("a long name that is cut off at a slash stays a file's, ours and GNU tar's", async () => {
    const path = `${"d".repeat(98)}/${"f".repeat(20)}`;
    const bytes = await bytesOf(layer({ path, content: "abc" }));
    expect(new Header(bytes, 512 * 2)).toMatchObject({ type: "File", size: 3 });
    expect((await read(bytes)).at(0)).toMatchObject({ path, type: "file", text: "abc" });
    const cut = header({ path: "x", size: 3 }, (block) => void block.fill(`${"d".repeat(99)}/`, 0, 100, "latin1"));
    const long = `${"d".repeat(99)}/name`;
    const found = await read(
      archive(header({ path: "long", size: long.length }, flag("L")), block(long), cut, block("abc")),
    );
    expect(found).toMatchObject([{ path: long, type: "file", text: "abc" }]);
  });

  it("what was written is read back, to the byte", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 5 }), fc.integer({ min: 1, max: 3000 }), async (fields, size) => {
        const bytes = await bytesOf(layer(...fields));
        expect(bytes.length % 512).toBe(0);
        const found = await read(bytes, size);
        const expected = await Promise.all(
          fields.map(async (each) => {
            const { content, ...rest } = archiveEntry(each);
            return { ...rest, text: (await bytesOf(content)).toString("latin1") };
          }),
        );
        const plain = (entries: typeof found) =>
          entries.map((each) => ({
            ...each,
            path: utf8Bytes(each.path),
            linkTarget: utf8Bytes(each.linkTarget ?? ""),
            xattrs: Object.fromEntries([...each.xattrs].map(([key, value]) => [key, [...value]])),
          }));
        expect(plain(found)).toEqual(plain(expected));
      }),
      { numRuns: 200 },
    );
  });
});
