import { type RcliCall, type RcliCommand, atLeast } from "./rcli-command.ts";

/** A command that does the same with each of its arguments, one after another; it ends with the first that fails. */
export abstract class EachArgument implements RcliCommand {
  abstract readonly name: string;
  abstract readonly description: string;
  readonly signature: string = "[OPTIONS] NAME";
  readonly flags = [];

  /** @returns the line to print, or nothing */
  abstract each(argument: string, call: RcliCall): Promise<string | undefined>;

  async *run(call: RcliCall): AsyncGenerator<string> {
    for (const argument of atLeast(call, 1)) {
      const line = await this.each(argument, call);
      if (line !== undefined) yield `${line}\n`;
    }
  }
}
