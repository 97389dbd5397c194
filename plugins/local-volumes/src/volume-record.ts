import { open, readFile } from "node:fs/promises";
import { join } from "node:path";

import { EngineError } from "@gantry/core";
import { errnoOf } from "@gantry/files";
import { z } from "zod";

const schema = z.strictObject({
  labels: z.record(z.string(), z.string()),
  driverOptions: z.record(z.string(), z.string()),
  createdAt: z.iso.datetime(),
});
/** What is kept of a volume, in `volume.json` in its directory. */
export type VolumeRecord = z.infer<typeof schema>;

/** `undefined` when there is no such volume. Errors: `internal` for a damaged record, naming its file. */
export async function readRecord(directory: string): Promise<VolumeRecord | undefined> {
  const path = join(directory, "volume.json");
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (thrown) {
    if (errnoOf(thrown) === "ENOENT") return undefined;
    throw thrown;
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (thrown) {
    throw new EngineError("internal", `${path} is damaged: repair it, or move its directory away`, { cause: thrown });
  }
}

/** It is written once, when the volume is made, and is on the disk afterwards. */
export async function writeRecord(directory: string, record: VolumeRecord): Promise<void> {
  const file = await open(join(directory, "volume.json"), "wx", 0o600);
  try {
    await file.writeFile(`${JSON.stringify(record)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}
