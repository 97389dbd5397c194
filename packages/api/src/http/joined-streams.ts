import type { Duplex } from "node:stream";

import { type LogEntry, type TransportResponse, messageOf } from "@gantry/core";
import type { Attachment } from "@gantry/engine";

import type { ApiCall } from "./api-call.ts";
import { DetachWatch } from "./detach-keys.ts";
import { frame, multiplexedStream, rawStream } from "./frames.ts";

/** Which streams a client wants, and how. */
export interface JoinOptions {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  /** Watched for in what a client types into a terminal. */
  detachKeys: readonly number[];
}

/** Takes the connection over and joins it to the streams of a process until either side is done. */
export function joined(call: ApiCall, attachment: Attachment, options: JoinOptions): TransportResponse {
  const gone = (): void => void attachment.close().catch(() => {});
  // A client that leaves before it is joined would leave the attachment behind.
  if (call.request.signal.aborted) gone();
  call.request.signal.addEventListener("abort", gone);
  const hijack = async (stream: Duplex): Promise<void> => {
    stream.once("close", gone);
    void takeInput(stream, attachment, options).catch(() => stream.destroy());
    try {
      await giveOutput(stream, attachment, options);
    } finally {
      await attachment.close();
      stream.end();
    }
  };
  return { status: 200, headers: { "Content-Type": hijackedType(call, attachment.terminal) }, hijack };
}

/** From 1.42 on a client that asked for an upgrade is told whether there are frames. */
export function hijackedType({ version, request }: ApiCall, terminal: boolean): string {
  return version >= 42 && !terminal && request.headers["upgrade"] !== undefined ? multiplexedStream : rawStream;
}

/** A failure on the way is told to the client in the stream, the only place left. */
async function giveOutput(stream: Duplex, attachment: Attachment, options: JoinOptions): Promise<void> {
  try {
    for await (const entry of attachment.output) {
      if (options[entry.stream]) await send(stream, encode(entry, attachment.terminal));
    }
  } catch (thrown) {
    const message = new TextEncoder().encode(`${messageOf(thrown)}\r\n`);
    await send(stream, attachment.terminal ? message : frame("error", message));
  }
}

function encode({ stream, data }: LogEntry, terminal: boolean): Uint8Array {
  return terminal ? data : frame(stream, data);
}

/** Resolves when more may be written, or nothing any more. */
export async function send(stream: Duplex, data: Uint8Array): Promise<void> {
  if (stream.destroyed || stream.write(data)) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const events = ["drain", "close"] as const;
  for (const event of events) stream.on(event, resolve);
  await promise;
  for (const event of events) stream.off(event, resolve);
}

/** Reads to the end in any case: an unread byte would hide that the client is gone. */
async function takeInput(stream: Duplex, attachment: Attachment, { stdin, detachKeys }: JoinOptions): Promise<void> {
  const watch = attachment.terminal ? new DetachWatch(detachKeys) : undefined;
  let open = stdin;
  const write = async (data: Uint8Array): Promise<void> => {
    if (data.length > 0) await attachment.writeStdin(data);
  };
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    if (!open) continue;
    const { passed, detached } = watch?.feed(chunk as Uint8Array) ?? { passed: chunk as Uint8Array, detached: false };
    // A program that is gone reads nothing; what it wrote before still goes to the client.
    await write(passed).catch(() => (open = false));
    if (!detached) continue;
    open = false;
    await attachment.close();
  }
  if (open) await attachment.closeStdin().catch(() => {});
}
