import type { Engine } from "@gantry/engine";

import type { FlagDefinition, FlagValues } from "../text/go-flags.ts";

/** What of an engine's face the commands call. */
export type RcliEngine = Pick<Engine, "containers" | "images" | "info">;

/** The web terminal, where there is one. */
export interface WebPage {
  readonly page: string;
  /** `undefined` while it is not served. */
  readonly url: string | undefined;
}

/** A command of 2013. What it yields is sent as it comes; what it throws ends its output as `Error: …`. */
export interface RcliCommand {
  readonly name: string;
  /** After the name in its usage. */
  readonly signature: string;
  readonly description: string;
  readonly flags: readonly FlagDefinition[];
  /** It changes nothing: over HTTP it may be asked for by GET. */
  readonly reads?: boolean;
  run(call: RcliCall): AsyncIterable<string | Uint8Array>;
}

export interface RcliCall {
  readonly engine: RcliEngine;
  readonly flags: FlagValues;
  readonly arguments: readonly string[];
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
  readonly web: WebPage | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Thrown where the arguments do not fit: the usage is shown. */
export class UsageMistake extends Error {}

/** The arguments; at least `minimum` of them. */
export function atLeast(call: RcliCall, minimum: number): readonly string[] {
  if (call.arguments.length < minimum) throw new UsageMistake();
  return call.arguments;
}
