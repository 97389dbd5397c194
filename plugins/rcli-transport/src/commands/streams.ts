import type { Attachment } from "@gantry/engine";

import type { RcliCall } from "./rcli-command.ts";

export interface JoinedStreams {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
}

/**
 * Joins the client to a container: its input goes in, what the container writes comes out, both streams mixed. Ends with the container's
 * output; a client that goes away leaves the container running.
 */
export async function* joined(
  call: RcliCall,
  attachment: Attachment,
  streams: JoinedStreams,
): AsyncGenerator<Uint8Array> {
  const close = (): void => void attachment.close().catch(() => {});
  call.signal.addEventListener("abort", close, { once: true });
  if (call.signal.aborted) close();
  // The container may end without having read all its input, and the output tells what became of it: no failure of the call.
  if (streams.stdin) void sendInput(call, attachment).catch(() => {});
  try {
    for await (const { stream, data } of attachment.output) if (streams[stream]) yield data;
  } finally {
    call.signal.removeEventListener("abort", close);
    await attachment.close();
  }
}

async function sendInput({ stdin }: RcliCall, attachment: Attachment): Promise<void> {
  for await (const chunk of stdin) await attachment.writeStdin(chunk);
  await attachment.closeStdin();
}
