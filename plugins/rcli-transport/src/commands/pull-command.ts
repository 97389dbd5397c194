import { setTimeout as delay } from "node:timers/promises";

import { EngineError, messageOf } from "@gantry/core";

import { imageId } from "../text/identifiers.ts";
import { type RcliCall, type RcliCommand, atLeast } from "./rcli-command.ts";

const barWidth = 72;
/** Milliseconds between two states of the bar. */
const barInterval = 250;

/**
 * A URL names an archive that becomes an image of one layer, called after the archive; anything else is a name that the
 * engine's own sources know.
 */
export class PullCommand implements RcliCommand {
  readonly name = "pull";
  readonly signature = "[OPTIONS] NAME";
  readonly description = "Download a new image from a remote location";
  readonly flags = [];

  async *run(call: RcliCall): AsyncGenerator<string> {
    const [given] = atLeast(call, 1);
    yield* /^https?:\/\//.test(given!) ? download(call, given!) : fromSource(call, given!);
  }
}

async function* fromSource({ engine, signal }: RcliCall, name: string): AsyncGenerator<string> {
  yield `Downloading from ${name}\n`;
  const { id } = await engine.images.pull(name, { signal });
  yield `${imageId(name, id)}\n`;
}

async function* download({ engine, signal }: RcliCall, url: string): AsyncGenerator<string> {
  const name = nameOf(url);
  yield `Downloading from ${url}\n`;
  const { body, total } = await open(url, signal);
  const progress = new Progress(total);
  const importing = engine.images.importLayer(progress.counted(body), { name, signal });
  const over = importing.then(
    () => true,
    () => true,
  );
  while (!(await Promise.race([over, delay(barInterval, false)]))) yield progress.bar();
  const { id } = await importing;
  yield `${progress.bar()}\nUnpacking to ${name}\n${imageId(name, id)}\n`;
}

async function open(url: string, signal: AbortSignal): Promise<{ body: AsyncIterable<Uint8Array>; total: number }> {
  let response: Response;
  try {
    response = await fetch(url, { signal });
  } catch (cause) {
    const why = cause instanceof Error && cause.cause !== undefined ? messageOf(cause.cause) : messageOf(cause);
    throw new EngineError("unavailable", `cannot download ${url}: ${why}`, { cause });
  }
  if (response.ok && response.body !== null) {
    return { body: response.body, total: Number(response.headers.get("content-length") ?? 0) };
  }
  await response.body?.cancel();
  throw new EngineError("not-found", `cannot download ${url}: the server answers ${response.status}`);
}

/** `http://host/images/base.tar.gz`: base */
function nameOf(url: string): string {
  const file = new URL(url).pathname.split("/").findLast((part) => part !== "") ?? "";
  const name = decodeURIComponent(file)
    .replace(/\.(tar(\.[a-z0-9]+)?|tgz|tbz2?|txz)$/i, "")
    .toLowerCase();
  if (name !== "") return name;
  throw new EngineError("invalid-argument", `${url} names no archive: its path must end with one's name`);
}

/** A bar as curl -# draws it. */
class Progress {
  readonly #total: number;
  #received = 0;

  constructor(total: number) {
    this.#total = total;
  }

  async *counted(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      this.#received += chunk.length;
      yield chunk;
    }
  }

  bar(): string {
    const share = this.#total > 0 ? Math.min(this.#received / this.#total, 1) : 0;
    const percent = `${(share * 100).toFixed(1)}%`.padStart(7);
    return `\r${"#".repeat(Math.floor(share * barWidth)).padEnd(barWidth)}${percent}`;
  }
}
