import { EngineError } from "@gantry/core";

import type { ApiCall } from "./api-call.ts";
import { JsonFields } from "./json-fields.ts";

/** Bytes of a JSON body. The largest are configurations with long environments and embedded seccomp profiles. */
const maximumBody = 8 * 1024 * 1024;

/**
 * The JSON object that a request carries; an empty one where it carries nothing.
 * Errors: `invalid-argument` for another content type, broken JSON or a body that is too long.
 */
export async function readJsonBody({ request }: ApiCall): Promise<JsonFields> {
  const content = await readBody(request.body);
  if (content.length === 0) return new JsonFields({}, "");
  const type = (request.headers["content-type"] ?? "application/json").split(";", 1)[0]!.trim();
  if (type !== "application/json") {
    throw invalid(`unsupported Content-Type header (${type}): must be 'application/json'`);
  }
  let value: unknown;
  try {
    value = JSON.parse(content.toString("utf8"));
  } catch {
    throw invalid("invalid JSON: the request's body cannot be parsed");
  }
  if (value === null) return new JsonFields({}, "");
  if (typeof value !== "object" || Array.isArray(value)) throw invalid("invalid JSON: the body must be an object");
  return new JsonFields(value as Record<string, unknown>, "");
}

async function readBody(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > maximumBody) throw invalid(`the request's body is too long: at most ${maximumBody} bytes are read`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function invalid(message: string): EngineError {
  return new EngineError("invalid-argument", message);
}
