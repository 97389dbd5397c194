import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { eventually } from "./eventually.ts";

export interface Size {
  columns: number;
  rows: number;
}

/** A program in a real terminal: a tmux of its own, with no configuration. */
export class Terminal implements Disposable {
  readonly #directory = mkdtempSync(join(tmpdir(), "gantry-tmux-"));

  /** @param command words; the shell that runs them prints `status=N` afterwards and stays */
  constructor(command: readonly string[], { columns, rows }: Size = { columns: 80, rows: 24 }) {
    const quoted = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
    const script = `${quoted}; printf 'status=%s\\n' $?; exec sleep 1000`;
    this.#tmux("-f", "/dev/null", "new-session", "-d", "-x", String(columns), "-y", String(rows), "sh", "-c", script);
    this.#tmux("set-option", "-g", "status", "off");
    this.resize({ columns, rows });
  }

  /** Types text, then presses keys by tmux's names: `Enter`, `C-c`. */
  type(text: string, ...keys: readonly string[]): void {
    if (text !== "") this.#tmux("send-keys", "-l", text);
    if (keys.length > 0) this.#tmux("send-keys", ...keys);
  }

  resize({ columns, rows }: Size): void {
    this.#tmux("resize-window", "-x", String(columns), "-y", String(rows));
  }

  /** What is on the screen; with `colours` also the escape sequences for them. */
  screen(options: { colours?: boolean } = {}): string {
    return this.#tmux("capture-pane", "-p", ...(options.colours === true ? ["-e"] : [])).trimEnd();
  }

  /** Waits until the screen matches, and gives it; after the time is over gives it as it is. */
  shows(pattern: RegExp, timeout = 20_000): Promise<string> {
    return eventually(
      () => this.screen(),
      (screen) => pattern.test(screen),
      timeout,
    );
  }

  [Symbol.dispose](): void {
    try {
      this.#tmux("kill-server");
    } finally {
      rmSync(this.#directory, { recursive: true, force: true });
    }
  }

  #tmux(...args: readonly string[]): string {
    const env = { ...process.env, TERM: "xterm-256color", LC_ALL: "C.UTF-8" };
    return execFileSync("tmux", ["-S", join(this.#directory, "socket"), ...args], { encoding: "utf8", env });
  }
}
