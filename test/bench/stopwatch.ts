import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { createInterface } from "node:readline";

const loop = `while IFS= read -r line; do
  begin=$EPOCHREALTIME; eval "$line" </dev/null >/dev/null 2>"$STOPWATCH_ERRORS"; status=$?; end=$EPOCHREALTIME
  echo "$status $begin $end"
done`;

/**
 * Times programs from a waiting bash. Node's own spawn costs 8–17 ms of blocked event loop, which would count against whatever is
 * measured; bash's fork costs about one.
 */
export class Stopwatch implements AsyncDisposable {
  readonly #shell: ChildProcessWithoutNullStreams;
  readonly #replies: AsyncIterator<string>;
  readonly #errors: string;

  /**
   * @param errors a file for what the programs print on their standard error
   * @param prelude shell commands that come first; the shell has a mount namespace of its own if there are any
   */
  constructor(errors: string, prelude?: string) {
    const script = prelude === undefined ? loop : `${prelude}\n${loop}`;
    const command = ["bash", "-c", script];
    if (prelude !== undefined) command.unshift("unshare", "-m", "--propagation", "private");
    this.#errors = errors;
    this.#shell = spawn(command[0]!, command.slice(1), { env: { ...process.env, STOPWATCH_ERRORS: errors } });
    this.#replies = createInterface({ input: this.#shell.stdout })[Symbol.asyncIterator]();
  }

  /** Milliseconds that a shell command took. */
  async time(command: string): Promise<number> {
    this.#shell.stdin.write(`${command}\n`);
    const { value } = (await this.#replies.next()) as { value: string | undefined };
    const [status, begin, end] = (value ?? "").split(" ").map(Number);
    if (status !== 0) throw new Error(`status ${status ?? "?"} of: ${command} (see ${this.#errors})`);
    return (end! - begin!) * 1000;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#shell.stdin.end();
    await new Promise((resolve) => this.#shell.once("close", resolve));
  }
}
