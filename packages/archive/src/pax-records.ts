import { decodePath, encodePath } from "@gantry/core";

import { archiveError } from "./archive-error.ts";

/** Records of a pax extended header: values are bytes, since attributes may hold anything. */
export type PaxRecords = ReadonlyMap<string, Uint8Array>;

const xattrPrefix = "SCHILY.xattr.";

/** Parses `LENGTH KEY=VALUE\n…`, where the length counts the whole record. */
export function parsePax(bytes: Uint8Array): Map<string, Uint8Array> {
  const records = new Map<string, Uint8Array>();
  for (let start = 0; start < bytes.length;) {
    const space = bytes.indexOf(0x20, start);
    const digits = space === -1 ? "" : Buffer.from(bytes.subarray(start, space)).toString("latin1");
    const end = start + Number(digits);
    const equals = bytes.indexOf(0x3d, space);
    const whole = /^[0-9]{1,9}$/.test(digits) && end <= bytes.length && bytes[end - 1] === 0x0a;
    if (!whole || equals <= space + 1 || equals >= end) throw archiveError("has a malformed pax header");
    records.set(decodePath(bytes.subarray(space + 1, equals)), bytes.slice(equals + 1, end - 1));
    start = end;
  }
  return records;
}

/** Writes records in the order of their keys. */
export function formatPax(records: PaxRecords): Buffer {
  const keys = [...records.keys()].toSorted();
  return Buffer.concat(keys.map((key) => formatRecord(key, records.get(key)!)));
}

function formatRecord(key: string, value: Uint8Array): Buffer {
  const rest = Buffer.concat([Buffer.from(" "), encodePath(key), Buffer.from("="), value, Buffer.from("\n")]);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

/** A record's value as text; `undefined` when it is missing or empty, which takes an earlier value back. */
export function paxText(records: PaxRecords, key: string): string | undefined {
  const value = records.get(key);
  return value && value.length > 0 ? decodePath(value) : undefined;
}

/** `=` cannot stand in a key, so names carry it as GNU tar writes it. */
export function xattrKey(name: string): string {
  return xattrPrefix + name.replaceAll("%", "%25").replaceAll("=", "%3D");
}

export function xattrsOf(records: PaxRecords): Map<string, Uint8Array> {
  const xattrs = new Map<string, Uint8Array>();
  for (const [key, value] of records) {
    if (!key.startsWith(xattrPrefix)) continue;
    xattrs.set(key.slice(xattrPrefix.length).replaceAll("%3D", "=").replaceAll("%25", "%"), value);
  }
  return xattrs;
}

const second = 1_000_000_000n;

/** Nanoseconds from `-1.5`; `undefined` for what is no time. Digits beyond the nanosecond are dropped. */
export function parsePaxTime(text: string): bigint | undefined {
  const match = /^(-?)(\d{1,18})(?:\.(\d*))?$/.exec(text);
  if (!match) return undefined;
  const nanoseconds = BigInt(match[2]!) * second + BigInt((match[3] ?? "").slice(0, 9).padEnd(9, "0"));
  return match[1] ? -nanoseconds : nanoseconds;
}

export function formatPaxTime(time: bigint): string {
  const absolute = time < 0n ? -time : time;
  const fraction = String(absolute % second)
    .padStart(9, "0")
    .replace(/0+$/, "");
  return `${time < 0n ? "-" : ""}${absolute / second}${fraction && `.${fraction}`}`;
}
