import { type ErrorCode, type TransportResponse, isEngineError, messageOf } from "@gantry/core";
import { FormatError } from "@gantry/oci";

const statuses: Readonly<Record<ErrorCode, number>> = {
  "invalid-argument": 400,
  unauthorized: 401,
  forbidden: 403,
  "not-found": 404,
  conflict: 409,
  "not-modified": 304,
  internal: 500,
  unsupported: 501,
  unavailable: 503,
};

const encoder = new TextEncoder();

/** A JSON document, ended by a line feed as Docker's are. */
export function json(value: unknown, status = 200): TransportResponse {
  return whole(status, "application/json", `${JSON.stringify(value)}\n`);
}

export function text(content: string, status = 200): TransportResponse {
  return whole(status, "text/plain; charset=utf-8", content);
}

/** An answer that is its status. */
export function empty(status: number): TransportResponse {
  return { status, headers: status === 204 || status === 304 ? {} : { "Content-Length": "0" } };
}

/** @param asText for clients that do not read JSON */
export function failed(thrown: unknown, asText = false): TransportResponse {
  const status = statusOf(thrown);
  if (status === 304) return empty(304);
  const message = messageOf(thrown);
  return asText ? text(`${message}\n`, status) : json({ message }, status);
}

function statusOf(thrown: unknown): number {
  if (thrown instanceof FormatError) return 400;
  return isEngineError(thrown) ? statuses[thrown.code] : 500;
}

function whole(status: number, contentType: string, content: string): TransportResponse {
  const bytes = encoder.encode(content);
  return {
    status,
    headers: { "Content-Type": contentType, "Content-Length": String(bytes.length) },
    body: only(bytes),
  };
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}
