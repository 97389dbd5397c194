import { EngineError } from "@gantry/core";

/** The first descriptor that a service manager hands over. */
const firstDescriptor = 3;

/**
 * Addresses of the sockets that a service manager has opened for this process (sd_listen_fds(3)): `fd://3` each. For `fd://`
 * all of them; for another address that address alone.
 * Errors: `unavailable` when none was handed over.
 */
export function expandInherited(address: string, environment: NodeJS.ProcessEnv = process.env): readonly string[] {
  if (!/^fd:\/\/\*?$/.test(address)) return [address];
  const count = Number(environment["LISTEN_FDS"] ?? 0);
  if (Number(environment["LISTEN_PID"]) !== process.pid || !(count > 0)) {
    throw new EngineError(
      "unavailable",
      "no sockets found via socket activation: make sure the service was started by systemd",
    );
  }
  return Array.from({ length: count }, (_, index) => `fd://${firstDescriptor + index}`);
}
