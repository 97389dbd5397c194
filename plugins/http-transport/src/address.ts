import { isIPv4 } from "node:net";

import { EngineError } from "@gantry/core";

export type Address =
  | { readonly scheme: "unix"; readonly path: string }
  | { readonly scheme: "tcp"; readonly host: string; readonly port: number }
  | { readonly scheme: "fd"; readonly descriptor: number };

/** The kernel's bound on the path of a socket. */
const maximumPath = 107;
/** Docker's ports for TCP without and with TLS. */
const defaultPort = 2375;
const defaultTlsPort = 2376;

/**
 * `unix:///run/gantry.sock` (taken as it is, nothing in it is decoded), `tcp://127.0.0.1:2375`, `tcp://[::1]`, and `fd://3` for
 * a listening socket that this process was started with. @param tls whether TCP is with TLS, which has a port of its own
 * Errors: `invalid-argument`, naming the address and what is wrong with it.
 */
export function parseAddress(address: string, tls = false): Address {
  if (address.startsWith("unix://")) return unixAddress(address, address.slice("unix://".length));
  if (address.startsWith("tcp://")) return tcpAddress(address, tls ? defaultTlsPort : defaultPort);
  if (/^fd:\/\/\d{1,6}$/.test(address)) return { scheme: "fd", descriptor: Number(address.slice("fd://".length)) };
  throw malformed(address, "it must begin with unix:// or tcp://, or be fd:// with the number of a descriptor");
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}

export function formatAddress(address: Address): string {
  if (address.scheme === "unix") return `unix://${address.path}`;
  if (address.scheme === "fd") return `fd://${address.descriptor}`;
  return `tcp://${address.host.includes(":") ? `[${address.host}]` : address.host}:${address.port}`;
}

function unixAddress(address: string, path: string): Address {
  if (!path.startsWith("/") || path.endsWith("/") || path.includes("\0")) {
    throw malformed(address, "the path of a socket must be absolute");
  }
  if (Buffer.byteLength(path) > maximumPath) throw malformed(address, `its path is over ${maximumPath} bytes`);
  return { scheme: "unix", path };
}

function tcpAddress(address: string, portless: number): Address {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const plain = url !== undefined && ["", "/"].includes(url.pathname) && !/[?#@]/.test(address);
  if (!plain || url.hostname === "") throw malformed(address, "it must be tcp://HOST:PORT");
  const port = url.port === "" ? portless : Number(url.port);
  return { scheme: "tcp", host: url.hostname.replace(/^\[(.*)\]$/, "$1"), port };
}

function malformed(address: string, why: string): EngineError {
  return new EngineError("invalid-argument", `address ${JSON.stringify(address)} is malformed: ${why}`, {
    details: { address },
  });
}
