import { execFileSync } from "node:child_process";
import { gzipSync, zstdCompressSync } from "node:zlib";

import { afterEach, describe, expect, it } from "vitest";

import { decompress, detectCompression } from "../src/index.ts";
import { bytesOf, inPieces } from "./layer-fixtures.ts";

const text = Buffer.from("layer ".repeat(50_000));
const has = (program: string) => {
  try {
    execFileSync(program, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};
const programs: Record<string, (bytes: Buffer) => Buffer> = {
  gzip: (bytes) => gzipSync(bytes),
  zstd: (bytes) => zstdCompressSync(bytes),
  ...Object.fromEntries(
    ["bzip2", "xz"].filter(has).map((name) => [name, (input: Buffer) => execFileSync(name, ["-c"], { input })]),
  ),
};
const path = process.env["PATH"];
afterEach(() => {
  process.env["PATH"] = path;
});

describe.each(Object.entries(programs))("%s", (name, compress) => {
  const packed = compress(text);
  it("is told by its first bytes and unpacked, in pieces of any size", async () => {
    expect(detectCompression(packed)).toBe(name);
    for (const size of [1000, 1 << 20])
      expect(text.equals(await bytesOf(decompress(inPieces(packed, size))))).toBe(true);
    expect(Buffer.alloc(0).equals(await bytesOf(decompress(inPieces(compress(Buffer.alloc(0)), 3))))).toBe(true);
  });

  it("joins what was packed in parts", async () => {
    const joined = await bytesOf(decompress(inPieces(Buffer.concat([packed, packed]), 4096)));
    expect(joined.length).toBe(2 * text.length);
  });

  it("a damaged or cut stream is an error", async () => {
    const damaged = Buffer.from(packed);
    damaged.fill(0x55, damaged.length / 2, damaged.length / 2 + 20);
    for (const bytes of [damaged, packed.subarray(0, packed.length - 5)]) {
      await expect(bytesOf(decompress(inPieces(bytes, 4096)))).rejects.toMatchObject({ code: "invalid-argument" });
    }
  });

  it("an error of the source comes through, and a reader that stops early ends everything", async () => {
    let closed = false;
    async function* failing() {
      try {
        yield packed.subarray(0, packed.length - 10);
        throw new Error("the line is down");
      } finally {
        closed = true;
      }
    }
    await expect(bytesOf(decompress(failing()))).rejects.toThrow("the line is down");
    expect(closed).toBe(true);
    for await (const chunk of decompress(inPieces(packed, 100))) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
  });
});

it.runIf(has("xz"))("says which program is missing (needs xz)", async () => {
  const packed = execFileSync("xz", ["-c"], { input: text });
  process.env["PATH"] = "/nowhere";
  await expect(bytesOf(decompress(inPieces(packed, 100)))).rejects.toMatchObject({
    code: "unavailable",
    details: { program: "xz" },
  });
});

it("leaves what is not compressed as it is", async () => {
  for (const bytes of [Buffer.alloc(0), Buffer.from("x"), text]) {
    expect(bytes.equals(await bytesOf(decompress(inPieces(bytes, 10_000))))).toBe(true);
  }
});
