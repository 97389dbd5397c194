import { token } from "@gantry/core";
import { z } from "zod";

export const httpOptions = z.strictObject({
  /**
   * Listen on TCP addresses that other machines reach, without encryption or any check of who calls: whoever reaches the port is
   * root on this machine.
   */
  allowInsecureTcp: z.boolean().optional(),
  /** Id of the group that may use the unix sockets; else the process's own. */
  group: z.int().nonnegative().optional(),
  /** TLS on TCP, for both sides: paths of PEM files. */
  tls: z
    .strictObject({
      ca: z.string().optional(),
      cert: z.string().optional(),
      key: z.string().optional(),
      /** The other side must show a certificate that `ca` has signed. */
      verify: z.boolean().optional(),
    })
    .optional(),
});

export interface TlsFiles {
  ca?: string | undefined;
  cert?: string | undefined;
  key?: string | undefined;
  verify?: boolean | undefined;
}

export interface HttpOptions {
  allowInsecureTcp?: boolean | undefined;
  group?: number | undefined;
  tls?: TlsFiles | undefined;
}
export const HttpOptions = token<HttpOptions>("@gantry/http-transport/Options");
