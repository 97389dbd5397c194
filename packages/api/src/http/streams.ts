import { type TransportResponse, messageOf } from "@gantry/core";

const encoder = new TextEncoder();

export function jsonLine(value: unknown): Uint8Array {
  return encoder.encode(`${JSON.stringify(value)}\n`);
}

/** A stream of JSON documents, one a line, each sent when it is there. A failure on the way becomes the last of them. */
export function jsonLines(values: AsyncIterable<unknown>): TransportResponse {
  return { status: 200, headers: { "Content-Type": "application/json" }, body: encodeLines(values) };
}

async function* encodeLines(values: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const value of values) yield jsonLine(value);
}

/** How a progress stream tells of a failure after its first byte. */
export function progressFailure(thrown: unknown): object {
  const message = messageOf(thrown);
  return { errorDetail: { message }, error: message };
}

/**
 * Waits for the first item of a stream, so that what fails before it fails the request.
 * @returns the same stream
 */
export async function begun<T>(stream: AsyncIterable<T>): Promise<AsyncIterable<T>> {
  const iterator = stream[Symbol.asyncIterator]();
  const first = await iterator.next();
  return goOn(first, iterator);
}

async function* goOn<T>(first: IteratorResult<T>, iterator: AsyncIterator<T>): AsyncGenerator<T> {
  let next = first;
  try {
    while (next.done !== true) {
      yield next.value;
      next = await iterator.next();
    }
  } finally {
    await iterator.return?.();
  }
}
