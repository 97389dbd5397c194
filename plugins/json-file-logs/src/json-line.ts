import { isUtf8 } from "node:buffer";

import type { LogEntry } from "@gantry/core";

import { formatTime, parseTime } from "./rfc3339.ts";

/** Longer lines become several records, all but the last without line end, as Docker does it. In bytes. */
const maximumPiece = 16 * 1024;
const lineFeed = 10;
// Docker's own set: JSON's, and what a browser could take for markup.
// eslint-disable-next-line no-control-regex -- control characters are what it is about
const escaped = /[\u0000-\u001f"\\<>&\u2028\u2029]/;
/** Of these the ones that JSON.stringify leaves as they are, or gives a short form that Docker does not use. */
const unlikeJson = /[\b\t\f<>&\u2028\u2029]/;

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
  const log = `${escapeText(text)}${ended ? '\\n"' : '"'}`;
  return valid || isUtf8(piece) ? log : `${log},"raw":"${piece.toString("base64")}"`;
}

function escapeText(text: string): string {
  if (!escaped.test(text)) return text;
  if (!unlikeJson.test(text)) return JSON.stringify(text).slice(1, -1);
  // By hand: a replace with a function takes twice the time.
  let result = "";
  let copied = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    const replacement = code < 0x80 ? asciiEscapes[code] : lineSeparators.get(code);
    if (replacement === undefined) continue;
    result += text.slice(copied, index) + replacement;
    copied = index + 1;
  }
  return result + text.slice(copied);
}

const asciiEscapes = Array.from({ length: 0x80 }, (_, code) => {
  const character = String.fromCharCode(code);
  return escaped.test(character) ? escapeCharacter(character) : undefined;
});
const lineSeparators = new Map(
  ["\u2028", "\u2029"].map((character) => [character.charCodeAt(0), escapeCharacter(character)]),
);

function escapeCharacter(character: string): string {
  if (character === '"' || character === "\\") return `\\${character}`;
  if (character === "\n") return "\\n";
  if (character === "\r") return "\\r";
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
