/** Media types of attached and logged output: bytes as they are, and in frames that tell the streams apart. */
export const rawStream = "application/vnd.docker.raw-stream";
export const multiplexedStream = "application/vnd.docker.multiplexed-stream";

/** The first byte of a frame. `error` carries a message of the engine's. */
const streamNumbers = { stdin: 0, stdout: 1, stderr: 2, error: 3 } as const;

const headerLength = 8;

/** A piece of output with its header: the stream's number, three zeros, the length in four bytes, high byte first. */
export function frame(stream: keyof typeof streamNumbers, payload: Uint8Array): Uint8Array {
  const framed = new Uint8Array(headerLength + payload.length);
  framed[0] = streamNumbers[stream];
  new DataView(framed.buffer).setUint32(4, payload.length);
  framed.set(payload, headerLength);
  return framed;
}
