import type { CommandOutput, ProgressEvent } from "@gantry/core";

import { humanSize } from "./human-size.ts";
import { printable } from "./short-text.ts";

/**
 * Shows progress: on a terminal, an event replaces the line of the one before with the same id; elsewhere each new status is
 * a line of its own and numbers are left out.
 */
export class ProgressPrinter {
  readonly #output: CommandOutput;
  readonly #lines: string[] = [];
  readonly #status = new Map<string, string>();
  #writing: Promise<void> = Promise.resolve();

  constructor(output: CommandOutput) {
    this.#output = output;
  }

  show(event: ProgressEvent): void {
    if (this.#output.isTerminal) this.#redraw(event);
    else if (this.#status.get(event.id ?? "") !== event.status) this.#write(`${lineOf({ ...event, total: 0 })}\n`);
    this.#status.set(event.id ?? "", event.status);
  }

  /** Resolves when everything is written. */
  async finish(): Promise<void> {
    await this.#writing;
  }

  #redraw(event: ProgressEvent): void {
    const line = this.#fit(lineOf(event));
    const index = event.id === undefined ? -1 : this.#lines.indexOf(event.id);
    if (index === -1) {
      this.#lines.push(event.id ?? "");
      this.#write(`${line}\n`);
    } else {
      const up = this.#lines.length - index;
      this.#write(`\u001B[${up}A\r\u001B[2K${line}\u001B[${up}B\r`);
    }
  }

  /** A line that wraps would be counted as one and be drawn over. */
  #fit(line: string): string {
    return line.slice(0, (this.#output.size()?.columns ?? 80) - 1);
  }

  #write(text: string): void {
    // Progress is not worth failing for: a closed stderr shows at the next real message.
    this.#writing = this.#writing.then(() => this.#output.write(text)).catch(() => {});
  }
}

function lineOf({ id, status, current, total }: ProgressEvent): string {
  const text = printable(id === undefined ? status : `${id}: ${status}`);
  if (total === 0 || current === undefined) return text;
  return total === undefined ? `${text} ${humanSize(current)}` : `${text} ${humanSize(current)}/${humanSize(total)}`;
}
