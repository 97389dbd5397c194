import { isIPv4 } from "node:net";

import { EngineError } from "@gantry/core";

export interface WebAddress {
  readonly host: string;
  readonly port: number;
  readonly token: string | undefined;
}

/** Where dockerd served HTTP in 2013. */
const defaultPort = 8080;

/**
 * `web://127.0.0.1:8080`; to dial, perhaps with `?token=…`.
 * Errors: `invalid-argument`, naming the address; `forbidden` for one that other machines reach: there is no option that allows it.
 */
export function parseAddress(address: string): WebAddress {
  // A scheme that the URL standard does not know keeps its port and host as they are.
  const url = address.startsWith("web://") && URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || url.hostname === "" || !["", "/"].includes(url.pathname) || /[#@]/.test(address)) {
    const shown = JSON.stringify(address.replace(/\?.*/s, ""));
    throw new EngineError("invalid-argument", `address ${shown} is malformed: it must be web://HOST:PORT`);
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  if (!isLoopback(host)) {
    const remedy = "listen on 127.0.0.1 and reach it through an SSH tunnel";
    throw new EngineError("forbidden", `the web terminal serves this machine only, not ${host}: ${remedy}`);
  }
  const port = url.port === "" ? defaultPort : Number(url.port);
  return { host, port, token: url.searchParams.get("token") ?? undefined };
}

/** `127.0.0.1:8080`, `[::1]:8080` */
export function authority(host: string, port: number): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** As a browser names it in `Host`: without port 80. */
export function httpHost(host: string, port: number): string {
  return new URL(`http://${authority(host, port)}`).host;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}
