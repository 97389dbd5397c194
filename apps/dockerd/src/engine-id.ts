import { randomBytes } from "node:crypto";
import { open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const pattern = /^([A-Z2-7]{4}:){11}[A-Z2-7]{4}$/;

/** The name of the engine on a data root: made once, in Docker's form (`7Z7B:7EO7:…`, twelve groups). */
export async function engineId(dataRoot: string): Promise<string> {
  const file = join(dataRoot, "engine-id");
  const known = (await readFile(file, "utf8").catch(() => "")).trim();
  if (pattern.test(known)) return known;
  const letters = [...randomBytes(48)].map((byte) => alphabet[byte % alphabet.length]!).join("");
  const id = letters.match(/.{4}/g)!.join(":");
  const temporary = `${file}.new`;
  const handle = await open(temporary, "w", 0o644);
  try {
    await handle.writeFile(`${id}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
  return id;
}
