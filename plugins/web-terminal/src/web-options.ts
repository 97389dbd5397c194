import { type Transport, token } from "@gantry/core";
import { z } from "zod";

export const webOptions = z.strictObject({
  /** Carries HTTP over TCP: an `HttpTransport`. */
  carrier: z.custom<Transport>(isTcpTransport, "must be a transport with the scheme tcp"),
});

export interface WebOptions {
  carrier: Transport;
}
export const WebOptions = token<WebOptions>("@gantry/web-terminal/Options");

function isTcpTransport(value: unknown): boolean {
  return typeof value === "object" && value !== null && "schemes" in value && Array.isArray(value.schemes)
    ? value.schemes.includes("tcp")
    : false;
}
