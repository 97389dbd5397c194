import { createHash, timingSafeEqual } from "node:crypto";

import type { TransportRequest } from "@gantry/core";

/** The header that carries the token. A page of another origin cannot send it without asking first, and nobody answers that. */
export const tokenHeader = "docker-web-token";

/**
 * Decides which requests reach the commands: those of the terminal's own page and of programs of its user, never those that some
 * other page lets the user's browser send.
 */
export class RequestGuard {
  readonly #hosts: ReadonlySet<string>;
  readonly #token: Buffer;

  /** @param hosts how a browser may name the listener in `Host`, with port */
  constructor(hosts: readonly string[], token: string) {
    this.#hosts = new Set(hosts);
    this.#token = digest(token);
  }

  /** Why a request is refused, in words for its sender. `page`: the page itself may also be opened by hand. */
  refusal({ headers }: Pick<TransportRequest, "headers">, page: boolean): string | undefined {
    const host = headers["host"]?.toLowerCase() ?? "";
    // A name that somebody lets resolve to this machine is not one of these (DNS rebinding).
    if (!this.#hosts.has(host)) return "this host name is not served here";
    const { origin } = headers;
    if (origin !== undefined && origin !== `http://${host}`) return "requests of other origins are refused";
    const site = headers["sec-fetch-site"];
    const allowed = page ? ["same-origin", "none"] : ["same-origin"];
    if (site !== undefined && !allowed.includes(site)) return "requests of other sites are refused";
    if (!page && !timingSafeEqual(digest(headers[tokenHeader] ?? ""), this.#token)) {
      return `the header ${tokenHeader} lacks the token: docker web -u tells it`;
    }
    return undefined;
  }
}

/** Of equal length whatever is compared. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
