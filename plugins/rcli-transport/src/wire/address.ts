import { isIPv4 } from "node:net";

import { EngineError } from "@gantry/core";

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Where dockerd listened in 2013. */
const defaultPort = 4242;

/** `rcli://127.0.0.1:4242`, `rcli://[::1]`. Errors: `invalid-argument`, naming the address. */
export function parseAddress(address: string): Address {
  const url = address.startsWith("rcli://") && URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || url.hostname === "" || !["", "/"].includes(url.pathname) || /[?#@]/.test(address)) {
    throw new EngineError(
      "invalid-argument",
      `address ${JSON.stringify(address)} is malformed: it must be rcli://HOST:PORT`,
      { details: { address } },
    );
  }
  return { host: url.hostname.replace(/^\[(.*)\]$/, "$1"), port: url.port === "" ? defaultPort : Number(url.port) };
}

export function formatAddress({ host, port }: Address): string {
  return `rcli://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}
