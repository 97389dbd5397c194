import { open } from "node:fs/promises";

/** PT_INTERP: names the dynamic linker. */
const interpreterHeader = 3;

/** Whether a file is a 64-bit ELF program that needs no dynamic linker. */
export async function isStaticProgram(path: string): Promise<boolean> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return false;
  try {
    const header = Buffer.alloc(64);
    await file.read(header, 0, 64, 0);
    const littleEndian64 = header.subarray(0, 6).equals(Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1]));
    if (!littleEndian64) return false;
    const offset = Number(header.readBigUInt64LE(32));
    const size = header.readUInt16LE(54);
    const count = header.readUInt16LE(56);
    const table = Buffer.alloc(size * count);
    const { bytesRead } = await file.read(table, 0, table.length, offset);
    if (size < 4 || bytesRead < table.length) return false;
    return !Array.from({ length: count }, (_, index) => table.readUInt32LE(index * size)).includes(interpreterHeader);
  } finally {
    await file.close();
  }
}
