import type { LogFields, Logger } from "@gantry/core";

export const logLevels = ["debug", "info", "warn", "error", "fatal"] as const;
export type LogLevel = (typeof logLevels)[number];

/**
 * One line an entry: `time=… level=info msg="…" field=…`. @param level asked at each entry; those below it are dropped
 */
export function lineLogger(level: () => LogLevel, output: { write(text: string): unknown }): Logger {
  const writer =
    (name: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      if (logLevels.indexOf(name) < logLevels.indexOf(level())) return;
      const facts = Object.entries(fields).map(([key, value]) => ` ${key}=${JSON.stringify(plain(value))}`);
      const time = new Date().toISOString();
      output.write(`time=${time} level=${name} msg=${JSON.stringify(message)}${facts.join("")}\n`);
    };
  return { debug: writer("debug"), info: writer("info"), warn: writer("warn"), error: writer("error") };
}

/** JSON would make an empty object of an error, and refuses a bigint. */
function plain(value: unknown): unknown {
  if (value instanceof Error) return value.message;
  return typeof value === "bigint" ? String(value) : value;
}
