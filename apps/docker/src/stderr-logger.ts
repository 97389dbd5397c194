import type { LogFields, Logger } from "@gantry/core";

const write =
  (level: string) =>
  (message: string, fields?: LogFields): void => {
    const facts = fields === undefined ? "" : ` ${JSON.stringify(fields)}`;
    process.stderr.write(`${level}: ${message}${facts}\n`);
  };

/** The engine's log for `--debug`. */
export const stderrLogger: Logger = {
  debug: write("debug"),
  info: write("info"),
  warn: write("warning"),
  error: write("error"),
};
