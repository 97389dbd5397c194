import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { TlsFiles } from "../src/http-options.ts";

/** Whether certificates can be made here. */
export const canMakeCertificates = spawnSync("openssl", ["version"]).status === 0;

/** An authority, and what it has signed: for a server on 127.0.0.1, and for a client. */
export interface Certificates extends Disposable {
  server: TlsFiles;
  client: TlsFiles;
  /** A client whose certificate another authority has signed. */
  stranger: TlsFiles;
}

export function makeCertificates(): Certificates {
  const directory = mkdtempSync(join(tmpdir(), "gantry-tls-"));
  const at = (name: string): string => join(directory, name);
  const openssl = (...args: string[]): void => void execFileSync("openssl", args, { stdio: "pipe" });
  const request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  const authority = (name: string): void =>
    openssl(...request, "-keyout", at(`${name}.key`), "-out", at(`${name}.pem`), "-subj", `/CN=${name}`);
  const signed = (name: string, by: string): TlsFiles => {
    const pair = ["-keyout", at(`${name}.key`), "-out", at(`${name}.pem`), "-subj", `/CN=${name}`];
    const signer = ["-CA", at(`${by}.pem`), "-CAkey", at(`${by}.key`)];
    openssl(...request, ...pair, ...signer, "-addext", "subjectAltName=IP:127.0.0.1");
    return { ca: at("authority.pem"), cert: at(`${name}.pem`), key: at(`${name}.key`), verify: true };
  };
  authority("authority");
  authority("other");
  writeFileSync(at("broken.pem"), "no certificate");
  return {
    server: signed("server", "authority"),
    client: signed("client", "authority"),
    stranger: signed("stranger", "other"),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}
