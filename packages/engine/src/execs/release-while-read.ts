import type { IsolatedProcess, OutputChunk, OutputQuery } from "@gantry/core";

import type { AttachedProcess } from "../containers/local-attachment.ts";

/** Releasing costs a message to the monitor, so it is done by the piece. */
const releasedAtOnce = 1024 * 1024;

/** A process whose only reader needs nothing again that he has read. */
export function releaseWhileRead(process: IsolatedProcess): AttachedProcess {
  async function* output(query?: OutputQuery): AsyncGenerator<OutputChunk> {
    let released = query?.from ?? 0;
    for await (const chunk of process.output(query)) {
      yield chunk;
      if (chunk.next - released < releasedAtOnce) continue;
      await process.releaseOutput(chunk.next);
      released = chunk.next;
    }
  }
  return {
    get pid() {
      return process.pid;
    },
    output,
    writeStdin: (data, options) => process.writeStdin(data, options),
    closeStdin: (options) => process.closeStdin(options),
  };
}
