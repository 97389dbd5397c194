import { isUtf8 } from "node:buffer";

import type { LogEntry } from "@gantry/core";

import { formatTime, parseTime } from "./rfc3339.ts";

/** Longer lines become several records, all but the last without line end, as Docker does it. In bytes. */
const maximumPiece = 16 * 1024;
const lineFeed = 10;
// Docker's own set: JSON's, and what a browser could take for markup.
// eslint-disable-next-line no-control-regex -- control characters are what it is about
const escaped = /[\u0000-\u001f"\\<>&\u2028\u2029]/g;

/** A record as it is read back. */
export interface LogRecord extends LogEntry {
  /** The caller's mark; on the last record of each write only. */
  position?: number;
}

/**
 * Entries as records in Docker's line format, without their closing brace (see {@link closeRecord}).
 * Two fields are ours and ignored by Docker's readers: `raw`, the exact bytes (base64) of a piece that is not UTF-8, and `pos`.
 */
export function* encodeEntries(entries: readonly LogEntry[]): Iterable<string> {
  for (const { stream, data, time } of entries) {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const rest = `,"stream":"${stream}","time":"${formatTime(time)}"`;
    const valid = isUtf8(bytes);
    for (let start = 0; start < bytes.length;) {
      const end = pieceEnd(bytes, start, valid);
      yield `{"log":"${encodePiece(bytes.subarray(start, end), valid)}${rest}`;
      start = end;
    }
  }
}

/** @param position given for the last record of a write */
export function closeRecord(record: string, position?: number): string {
  return position === undefined ? `${record}}\n` : `${record},"pos":${position}}\n`;
}

/** @returns `undefined` for a line that is no record */
export function decodeRecord(line: string): LogRecord | undefined {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const { log, stream, time: timeText, raw, pos } = value ?? {};
  const time = typeof timeText === "string" ? parseTime(timeText) : undefined;
  if (typeof log !== "string" || (stream !== "stdout" && stream !== "stderr") || time === undefined) return undefined;
  const data = typeof raw === "string" ? Buffer.from(raw, "base64") : Buffer.from(log);
  return typeof pos === "number" ? { stream, data, time, position: pos } : { stream, data, time };
}

/** After the line feed, or where the piece is full: between characters where there are such. */
function pieceEnd(bytes: Buffer, start: number, valid: boolean): number {
  const found = bytes.indexOf(lineFeed, start);
  const lineEnd = found === -1 ? bytes.length : found + 1;
  // A line feed right after a full piece goes with it.
  if (lineEnd - start <= maximumPiece + (found === -1 ? 0 : 1)) return lineEnd;
  let end = start + maximumPiece;
  if (!valid) return end;
  while ((bytes[end]! & 0xc0) === 0x80) end -= 1;
  return end;
}

/** The value of `log` without its opening quote, and `raw` where text alone would not do. */
function encodePiece(piece: Buffer, valid: boolean): string {
  const ended = piece.at(-1) === lineFeed;
  const text = piece.toString("utf8", 0, ended ? piece.length - 1 : piece.length);
  const log = `${text.replace(escaped, escape)}${ended ? '\\n"' : '"'}`;
  return valid || isUtf8(piece) ? log : `${log},"raw":"${piece.toString("base64")}"`;
}

function escape(character: string): string {
  if (character === '"' || character === "\\") return `\\${character}`;
  if (character === "\n") return "\\n";
  if (character === "\r") return "\\r";
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
