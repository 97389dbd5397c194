import { EngineError, type CallOptions, type ClientResponse } from "@gantry/core";
import type { Attachment } from "@gantry/engine";

import { RemoteAttachment } from "./remote-attachment.ts";
import type { ApiClient } from "./wire/api-client.ts";

/** The version since which an answer's media type tells whether its stream comes in frames. */
const tellingVersion = 42;
const plainStream = "application/vnd.docker.raw-stream";

/**
 * Finds out, before a stream is asked for, whether it will be a terminal's; new servers say so with the stream itself.
 * @param ask costs a request
 */
export async function streamKind(api: ApiClient, ask: () => Promise<boolean>): Promise<boolean | undefined> {
  return api.version >= tellingVersion ? undefined : ask();
}

/** @param known what {@link streamKind} has found out */
export function isTerminal(response: ClientResponse, known: boolean | undefined): boolean {
  return known ?? response.headers["content-type"] === plainStream;
}

/** The attachment that a hijacked answer gives. Errors: `unavailable` when the connection gave no stream. */
export function attachmentOf(
  response: ClientResponse,
  known: boolean | undefined,
  { signal }: CallOptions = {},
): Attachment {
  const { stream } = response;
  if (stream !== undefined) return new RemoteAttachment(stream, isTerminal(response, known), signal);
  throw new EngineError("unavailable", "the engine did not give a stream: what stands between may not allow upgrades");
}
