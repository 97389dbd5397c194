import { join } from "node:path";

import type { GlobalOptions } from "@gantry/cli-app";
import type { TlsFiles } from "@gantry/http-transport";

/** A daemon that the user has named. */
export interface NamedDaemon {
  address: string;
  tls: TlsFiles | undefined;
}

/**
 * The daemon that `-H`, or else `DOCKER_HOST`, names; `undefined` where neither does, or `--data-root` or `--exec-root` name an
 * engine of this machine.
 */
export function namedDaemon(options: GlobalOptions, environment: NodeJS.ProcessEnv): NamedDaemon | undefined {
  const local = options.dataRoot !== undefined || options.execRoot !== undefined;
  const address = options.host ?? (local ? undefined : environment["DOCKER_HOST"]);
  return address ? { address: completeAddress(address), tls: tlsFiles(options, environment) } : undefined;
}

/** `/run/x.sock` and `host:2375` are taken as Docker takes them. */
function completeAddress(address: string): string {
  if (address.startsWith("/")) return `unix://${address}`;
  return address.includes("://") ? address : `tcp://${address}`;
}

/** Options, or else `DOCKER_TLS_VERIFY` (whatever it is) and the files of `DOCKER_CERT_PATH` (default `~/.docker`). */
function tlsFiles({ tls }: GlobalOptions, environment: NodeJS.ProcessEnv): TlsFiles | undefined {
  const verify = tls.verify || Boolean(environment["DOCKER_TLS_VERIFY"]);
  if (!verify && !tls.use && !environment["DOCKER_TLS"]) return undefined;
  const directory = environment["DOCKER_CERT_PATH"] || join(environment["HOME"] ?? "/", ".docker");
  return {
    verify,
    ...(verify || tls.ca !== undefined ? { ca: tls.ca ?? join(directory, "ca.pem") } : {}),
    cert: tls.cert ?? join(directory, "cert.pem"),
    key: tls.key ?? join(directory, "key.pem"),
  };
}
