import { invalidArgument } from "../engine-errors.ts";

const ipc = new Set([
  "kernel.msgmax",
  "kernel.msgmnb",
  "kernel.msgmni",
  "kernel.sem",
  "kernel.shmall",
  "kernel.shmmax",
]);
const moreIpc = new Set(["kernel.shmmni", "kernel.shm_rmid_forced"]);

/** A container of its own network may ping and bind any port without rights, which reach no further than itself. */
const ownNetwork: Readonly<Record<string, string>> = {
  "net.ipv4.ping_group_range": "0 2147483647",
  "net.ipv4.ip_unprivileged_port_start": "0",
};

/**
 * The kernel parameters of a container.
 * Errors: `invalid-argument` for one that no namespace confines, or one of the network that is the host's.
 */
export function containerSysctls(
  asked: Readonly<Record<string, string>>,
  hostNetwork: boolean,
): Readonly<Record<string, string>> {
  for (const name of Object.keys(asked)) {
    const network = name.startsWith("net.");
    if (network && hostNetwork) {
      throw invalidArgument(`sysctl "${name}" not allowed in host network namespace`, { field: "sysctls" });
    }
    if (!network && !ipc.has(name) && !moreIpc.has(name) && !name.startsWith("fs.mqueue.")) {
      throw invalidArgument(`sysctl "${name}" is not in a separate kernel namespace`, { field: "sysctls" });
    }
  }
  return hostNetwork ? asked : { ...ownNetwork, ...asked };
}
