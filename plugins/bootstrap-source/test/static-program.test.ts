import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, it } from "vitest";

import { isStaticProgram } from "../src/static-program.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "elf-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** An ELF header followed by program headers of the given types. */
async function elf(types: readonly number[]): Promise<string> {
  const file = Buffer.alloc(64 + types.length * 56);
  Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]).copy(file);
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(types.length, 56);
  for (const [index, type] of types.entries()) file.writeUInt32LE(type, 64 + index * 56);
  const path = join(directory, "program");
  await writeFile(path, file);
  return path;
}

it("tells a static program by the lack of an interpreter", async () => {
  expect(await isStaticProgram(await elf([1, 1, 4]))).toBe(true);
  expect(await isStaticProgram(await elf([6, 3, 1]))).toBe(false);
});

it("says no to the running node, to scripts, short files and missing ones", async () => {
  expect(await isStaticProgram(process.execPath)).toBe(false);
  const script = join(directory, "script");
  await writeFile(script, "#!/bin/sh\n");
  expect(await isStaticProgram(script)).toBe(false);
  expect(await isStaticProgram(join(directory, "none"))).toBe(false);
});
