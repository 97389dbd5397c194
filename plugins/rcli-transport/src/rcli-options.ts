import { token } from "@gantry/core";
import { z } from "zod";

export const rcliOptions = z.strictObject({
  /** Listen on addresses that other machines reach: whoever reaches the port is root on this machine. */
  allowRemote: z.boolean().optional(),
});

export interface RcliOptions {
  allowRemote?: boolean | undefined;
}
export const RcliOptions = token<RcliOptions>("@gantry/rcli-transport/Options");
