import type { CommandHost } from "@gantry/core";
import type { Attachment, Containers } from "@gantry/engine";

import { DetachKeys } from "./detach-keys.ts";
import { proxySignals } from "./signal-proxy.ts";

/** Which standard streams of the caller a container is joined to. */
export interface SessionStreams {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
}

export interface SessionOptions {
  host: CommandHost;
  containers: Containers;
  id: string;
  attachment: Attachment;
  streams: SessionStreams;
  /** Pass signals on to the container, unless keys of a terminal do. */
  signalProxy: boolean;
}

/** `ended`: all output was delivered; `detached`: the user left by keys; `abandoned`: by insisting signals. */
export type SessionEnd = "ended" | "detached" | "abandoned";

/**
 * Joins the caller's terminal or pipes to a container: raw mode, window size, detach keys, signals, end of input. The end
 * of the input closes the container's own and does not end the session, except where the input is all there is.
 * @param begin called when everything is in place; starts the container
 */
export async function runSession(options: SessionOptions, begin: () => Promise<void>): Promise<SessionEnd> {
  const { host, containers, id, attachment, streams } = options;
  const ended = new AbortController();
  const abandoned = Promise.withResolvers<SessionEnd>();
  const interactive = attachment.terminal && streams.stdin && host.stdin.isTerminal;
  const undo = [() => ended.abort()];
  try {
    // A terminal's keys reach the container as bytes; when the terminal is closed, SIGHUP ends this process and not the container.
    if (options.signalProxy && !interactive) {
      undo.push(proxySignals(host, containers, id, () => abandoned.resolve("abandoned")));
    }
    if (interactive) {
      host.stdin.setRaw(true);
      undo.push(() => host.stdin.setRaw(false));
    }
    await begin();
    if (attachment.terminal && host.stdout.isTerminal) undo.push(await followSize(host, containers, id));
    return await Promise.race([transfer(options, interactive, ended.signal), abandoned.promise]);
  } finally {
    for (const step of undo.toReversed()) step();
    await attachment.close();
  }
}

/** Keeps the container's terminal as large as the caller's. */
async function followSize(host: CommandHost, containers: Containers, id: string): Promise<() => void> {
  const resize = async (): Promise<void> => {
    const size = host.stdout.size();
    // A container that has just exited has no terminal any more.
    if (size !== undefined) await containers.resize(id, size).catch(() => {});
  };
  await resize();
  return host.stdout.onResize(() => void resize());
}

async function transfer(options: SessionOptions, interactive: boolean, ended: AbortSignal): Promise<SessionEnd> {
  const { host, attachment, streams } = options;
  const input = streams.stdin ? sendInput(host, attachment, interactive, ended) : undefined;
  if (input !== undefined && !streams.stdout && !streams.stderr) return input;
  const output = receiveOutput(host, attachment, streams);
  if (input === undefined) return output;
  // Of the input, only the detach keys end a session: neither its end nor an error in reading it.
  const left = input.then(
    (end) => (end === "detached" ? end : output),
    () => output,
  );
  return Promise.race([output, left]);
}

async function receiveOutput(host: CommandHost, attachment: Attachment, streams: SessionStreams): Promise<SessionEnd> {
  for await (const entry of attachment.output) {
    if (streams[entry.stream]) await host[entry.stream].write(entry.data);
  }
  return "ended";
}

async function sendInput(
  host: CommandHost,
  attachment: Attachment,
  interactive: boolean,
  ended: AbortSignal,
): Promise<SessionEnd> {
  const keys = interactive ? new DetachKeys() : undefined;
  for await (const chunk of host.stdin.chunks(ended)) {
    const { forward, detached } = keys?.feed(chunk) ?? { forward: chunk, detached: false };
    if (forward.length > 0) await attachment.writeStdin(forward);
    if (detached) return "detached";
  }
  if (!ended.aborted) await attachment.closeStdin();
  return "ended";
}
