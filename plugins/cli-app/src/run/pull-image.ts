import type { CommandOutput } from "@gantry/core";
import type { Images } from "@gantry/engine";

import { ProgressPrinter } from "../rendering/progress-printer.ts";

/** Pulls an image and shows what the engine tells of it, unless no output is given. */
export async function pullImage(
  images: Images,
  reference: string,
  options: { output: CommandOutput | undefined; signal: AbortSignal },
): ReturnType<Images["pull"]> {
  const { output, signal } = options;
  if (output === undefined) return images.pull(reference, { signal });
  const printer = new ProgressPrinter(output);
  try {
    return await images.pull(reference, { signal, progress: (event) => printer.show(event) });
  } finally {
    await printer.finish();
  }
}
