import { readFileSync } from "node:fs";

import { EngineError, messageOf } from "@gantry/core";

import type { TlsFiles } from "./http-options.ts";

/** What a TLS socket of either side is made of. */
export interface TlsCredentials {
  ca?: Buffer;
  cert?: Buffer;
  key?: Buffer;
}

/** The oldest version that is spoken. */
export const oldestTls = "TLSv1.2";

/**
 * Reads the files now, so that a missing one is told before anything listens.
 * Errors: `invalid-argument`, naming the option and the file.
 */
export function readCredentials({ ca, cert, key }: TlsFiles): TlsCredentials {
  const credentials = {
    ...(ca !== undefined && { ca: readFile("ca", ca) }),
    ...(cert !== undefined && { cert: readFile("cert", cert) }),
    ...(key !== undefined && { key: readFile("key", key) }),
  };
  try {
    // Loaded where it is used: a client that does without starts in less time.
    process.getBuiltinModule("node:tls").createSecureContext(credentials);
  } catch (cause) {
    const files = [ca, cert, key].filter((file) => file !== undefined).join(", ");
    const message = `tls.ca, tls.cert or tls.key cannot be used (${files}): ${messageOf(cause)}`;
    throw new EngineError("invalid-argument", message, { cause });
  }
  return credentials;
}

/** A server cannot do without a certificate, nor check its clients without an authority. Errors: `invalid-argument`. */
export function readServerCredentials(files: TlsFiles): TlsCredentials {
  if (files.cert === undefined || files.key === undefined) {
    throw new EngineError("invalid-argument", "TLS needs a certificate and its key: set tls.cert and tls.key");
  }
  if (files.verify && files.ca === undefined) {
    throw new EngineError(
      "invalid-argument",
      "TLS with clients verified needs the authority that signs them: set tls.ca",
    );
  }
  return readCredentials(files);
}

function readFile(option: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new EngineError("invalid-argument", `cannot read tls.${option} ${path}: ${messageOf(cause)}`, { cause });
  }
}
