import { token } from "@gantry/core";
import { z } from "zod";

export const httpOptions = z.strictObject({
  /**
   * Listen on TCP addresses that other machines reach, without encryption or any check of who calls: whoever reaches the port is
   * root on this machine.
   */
  allowInsecureTcp: z.boolean().optional(),
});

export interface HttpOptions {
  allowInsecureTcp?: boolean | undefined;
}
export const HttpOptions = token<HttpOptions>("@gantry/http-transport/Options");
