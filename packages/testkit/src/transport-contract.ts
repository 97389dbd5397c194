import { Transport } from "@gantry/core";

import { bindContract } from "./bind-contract.ts";
import type { Contract, ContractOptions } from "./contract.ts";
import { endingChecks } from "./transport/ending-checks.ts";
import { hijackChecks } from "./transport/hijack-checks.ts";
import { requestChecks } from "./transport/request-checks.ts";
import type { TransportSetup } from "./transport/transport-bench.ts";

export type { TransportSetup };

/**
 * Where several transports are wired, the first is checked. `lacks: ["heads"]`: the protocol carries a path and two streams, but no
 * methods, headers and statuses. `lacks: ["loss"]`: the loss of the other side of a hijacked stream looks like the end of one direction
 * until something is written to it.
 */
export const transportChecks: Contract<Transport, TransportSetup> = {
  name: "Transport",
  token: Transport,
  checks: [...requestChecks, ...endingChecks, ...hijackChecks],
};

/** Declares the Transport contract's tests. @param subject the transport's name, for the title */
export function transportContract(subject: string, options: ContractOptions & TransportSetup): void {
  bindContract(transportChecks, subject, options);
}
