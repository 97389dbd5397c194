import { token } from "./token.ts";

/** The engine's own log. Fields are facts for programs; no secret is ever a field. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}
export const Logger = token<Logger>("Logger");

export type LogFields = Readonly<Record<string, unknown>>;

/** Drops everything. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
