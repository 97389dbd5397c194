import type { CommandOutput } from "@gantry/core";
import type { Images } from "@gantry/engine";

import { ProgressPrinter } from "../rendering/progress-printer.ts";

export interface PullDisplay {
  /** Where the progress is shown; `undefined` for silence. */
  output: CommandOutput | undefined;
  /** Said before the first progress: a pull that no source takes fails in one line. */
  announcement?: string;
  signal: AbortSignal;
}

/** Pulls an image and shows what the engine tells of it. */
export async function pullImage(images: Images, reference: string, display: PullDisplay): ReturnType<Images["pull"]> {
  const { output, announcement, signal } = display;
  if (output === undefined) return images.pull(reference, { signal });
  const printer = new ProgressPrinter(output);
  let announced = announcement === undefined;
  try {
    return await images.pull(reference, {
      signal,
      progress: (event) => {
        if (!announced) printer.show({ status: announcement! });
        announced = true;
        printer.show(event);
      },
    });
  } finally {
    await printer.finish();
  }
}
