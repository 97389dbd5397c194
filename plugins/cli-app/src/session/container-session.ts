import type { CommandHost, ConsoleSize } from "@gantry/core";
import type { Attachment } from "@gantry/engine";

import type { DetachKeys } from "./detach-keys.ts";
import { proxySignals } from "./signal-proxy.ts";

/** Which standard streams of the caller a process is joined to. */
export interface SessionStreams {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
}

export interface SessionOptions {
  host: CommandHost;
  attachment: Attachment;
  streams: SessionStreams;
  /** Makes the process's terminal as large as the caller's. */
  resize: (size: ConsoleSize) => Promise<void>;
  /** Passes a signal on to the process; absent where signals are the caller's own affair. */
  kill?: ((signal: string) => Promise<void>) | undefined;
  detachKeys: DetachKeys;
}

/** `ended`: all output was delivered; `detached`: the user left by keys; `abandoned`: by insisting signals. */
export type SessionEnd = "ended" | "detached" | "abandoned";

/**
 * Joins the caller's terminal or pipes to a process in a container: raw mode, window size, detach keys, signals, end of input. The
 * end of the input closes the process's own and does not end the session, except where the input is all there is.
 * @param begin called when everything is in place; starts the process
 */
export async function runSession(options: SessionOptions, begin: () => Promise<void>): Promise<SessionEnd> {
  const { host, attachment, streams } = options;
  const ended = new AbortController();
  const abandoned = Promise.withResolvers<SessionEnd>();
  const interactive = attachment.terminal && streams.stdin && host.stdin.isTerminal;
  const undo = [() => ended.abort()];
  try {
    // A terminal's keys reach the process as bytes; when the terminal is closed, SIGHUP ends this command and not the process.
    if (options.kill !== undefined && !interactive) {
      undo.push(proxySignals(host, options.kill, () => abandoned.resolve("abandoned")));
    }
    if (interactive) {
      host.stdin.setRaw(true);
      undo.push(() => host.stdin.setRaw(false));
    }
    await begin();
    if (attachment.terminal && host.stdout.isTerminal) undo.push(await followSize(options));
    return await Promise.race([transfer(options, interactive, ended.signal), abandoned.promise]);
  } finally {
    for (const step of undo.toReversed()) step();
    await attachment.close();
  }
}

/** Keeps the process's terminal as large as the caller's. */
async function followSize({ host, resize }: SessionOptions): Promise<() => void> {
  const update = async (): Promise<void> => {
    const size = host.stdout.size();
    // A process that has just exited has no terminal any more.
    if (size !== undefined) await resize(size).catch(() => {});
  };
  await update();
  return host.stdout.onResize(() => void update());
}

async function transfer(options: SessionOptions, interactive: boolean, ended: AbortSignal): Promise<SessionEnd> {
  const { streams } = options;
  const input = streams.stdin ? sendInput(options, interactive, ended) : undefined;
  if (input !== undefined && !streams.stdout && !streams.stderr) return input;
  const output = receiveOutput(options);
  if (input === undefined) return output;
  // Of the input, only the detach keys end a session: neither its end nor an error in reading it.
  const left = input.then(
    (end) => (end === "detached" ? end : output),
    () => output,
  );
  return Promise.race([output, left]);
}

async function receiveOutput({ host, attachment, streams }: SessionOptions): Promise<SessionEnd> {
  for await (const entry of attachment.output) {
    if (streams[entry.stream]) await host[entry.stream].write(entry.data);
  }
  return "ended";
}

async function sendInput(
  { host, attachment, detachKeys }: SessionOptions,
  interactive: boolean,
  ended: AbortSignal,
): Promise<SessionEnd> {
  for await (const chunk of host.stdin.chunks(ended)) {
    const { forward, detached } = interactive ? detachKeys.feed(chunk) : { forward: chunk, detached: false };
    if (forward.length > 0) await attachment.writeStdin(forward);
    if (detached) return "detached";
  }
  if (!ended.aborted) await attachment.closeStdin();
  return "ended";
}
