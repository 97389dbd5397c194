import { EngineError } from "@gantry/core";

/** A piece of what a container wrote. */
export interface OutputPiece {
  stream: "stdout" | "stderr";
  data: Uint8Array;
  /** Whether a frame begins here. */
  first: boolean;
}

const headerLength = 8;
const errorStream = 3;

/**
 * Splits the multiplexed form of output: frames of a stream's number, three zeros and a length in four bytes, high byte first.
 * A frame's payload is passed on as it arrives. Errors: `internal` with the server's message from a frame of errors;
 * `unavailable` when the stream ends within a frame.
 */
export async function* decodeFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<OutputPiece> {
  const header = new Uint8Array(headerLength);
  let filled = 0;
  let left = 0;
  let first = true;
  let failure = "";
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length;) {
      if (left === 0) {
        const part = chunk.subarray(at, at + headerLength - filled);
        header.set(part, filled);
        filled += part.length;
        at += part.length;
        if (filled < headerLength) break;
        filled = 0;
        first = true;
        left = new DataView(header.buffer).getUint32(4);
        continue;
      }
      const data = chunk.subarray(at, at + left);
      at += data.length;
      left -= data.length;
      if (header[0] === errorStream) failure += new TextDecoder().decode(data);
      else yield { stream: header[0] === 2 ? "stderr" : "stdout", data, first };
      first = false;
    }
    if (failure !== "" && left === 0) throw new EngineError("internal", failure.trim());
  }
  if (left > 0 || filled > 0) throw new EngineError("unavailable", "the engine cut the stream off");
}

/** Output without frames, as a terminal's comes: all of it is one stream. */
export async function* plainOutput(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<OutputPiece> {
  for await (const data of chunks) yield { stream: "stdout", data, first: false };
}
