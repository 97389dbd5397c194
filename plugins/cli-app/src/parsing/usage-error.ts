import type { CommandOption } from "@gantry/core";

/** A call that was not understood. The application prints its message and where to find help. */
export class UsageError extends Error {
  /** Docker's statuses: 125 for an option, 1 for arguments and unknown commands. */
  readonly status: number;

  constructor(message: string, status = 125) {
    super(message);
    this.status = status;
  }
}

/** An option as Docker names it in its messages: `-m, --memory`. */
export function flagName(option: CommandOption): string {
  return option.short === undefined ? `--${option.name}` : `-${option.short}, --${option.name}`;
}

export function invalidOption(option: CommandOption, value: string, reason: string): UsageError {
  return new UsageError(`invalid argument "${value}" for "${flagName(option)}" flag: ${reason}`);
}

/** What is wrong with a value, before it is known which option it was given to. */
export class InvalidValue extends Error {}
