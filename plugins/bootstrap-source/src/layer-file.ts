import { type FileHandle, open, readdir } from "node:fs/promises";

import { type Descriptor, Digester, mediaTypes } from "@gantry/oci";

import { runProgram } from "./run-program.ts";

export interface PackOptions {
  /** Seconds since the epoch. */
  time: number;
  /** `all`: every entry gets that time; `newer`: only those that are newer do. */
  apply: "all" | "newer";
  signal?: AbortSignal | undefined;
}

/** Writes a directory tree to a file as an uncompressed layer; equal trees give equal bytes. */
export async function packLayer(root: string, file: string, options: PackOptions): Promise<Descriptor> {
  const names = (await readdir(root)).toSorted();
  const times = options.apply === "all" ? [] : ["--clamp-mtime"];
  const argv = [
    "tar",
    "--create",
    `--directory=${root}`,
    "--sort=name",
    "--format=posix",
    // Without these, pax headers would name the process and the times of access.
    "--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime",
    "--numeric-owner",
    "--xattrs",
    "--xattrs-include=*",
    `--mtime=@${options.time}`,
    ...times,
    "--",
    ...names,
  ];
  const output = await open(file, "wx", 0o600);
  try {
    return await writeLayer(argv, output, options.signal);
  } finally {
    await output.close();
  }
}

async function writeLayer(argv: string[], output: FileHandle, signal?: AbortSignal): Promise<Descriptor> {
  const digester = new Digester();
  let size = 0;
  await runProgram(argv, {
    signal,
    onOutput: async (chunk) => {
      digester.update(chunk);
      size += chunk.length;
      await output.appendFile(chunk);
    },
  });
  return { mediaType: mediaTypes.ociLayer, digest: digester.digest(), size };
}
