import type { CommandHost } from "@gantry/core";
import type { Images } from "@gantry/engine";

import { ProgressPrinter } from "../rendering/progress-printer.ts";

/** Pulls an image and shows the progress on stderr, unless `quiet`. */
export async function pullImage(
  images: Images,
  reference: string,
  options: { host: CommandHost; signal: AbortSignal; quiet: boolean },
): ReturnType<Images["pull"]> {
  const { host, signal, quiet } = options;
  if (quiet) return images.pull(reference, { signal });
  const printer = new ProgressPrinter(host.stderr);
  try {
    return await images.pull(reference, { signal, progress: (event) => printer.show(event) });
  } finally {
    await printer.finish();
  }
}
