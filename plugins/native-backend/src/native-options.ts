import { token } from "@gantry/core";
import { z } from "zod";

export const nativeOptions = z
  .object({
    /** Sockets of the monitors and the mount point of the roots. Default: the engine's `execRoot`. */
    execRoot: z.string().startsWith("/", "must be an absolute path").optional(),
  })
  .strict();

export type NativeOptions = z.output<typeof nativeOptions>;
export const NativeOptions = token<NativeOptions>("@gantry/native-backend/options");
