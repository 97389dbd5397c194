/**
 * The stable codes an engine error can carry. They are the vocabulary of every interface in this package: a caller may
 * branch on a code, never on a message. A transport maps them to its own statuses (HTTP: 404, 409, 400 …).
 */
export const errorCodes = [
  "not-found",
  "conflict",
  "invalid-argument",
  "unauthorized",
  "forbidden",
  "unavailable",
  "unsupported",
  "not-modified",
  "internal",
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** What may accompany an {@link EngineError}. */
export interface EngineErrorOptions {
  /** The error that led here. */
  cause?: unknown;
  /** Facts for programs: the field's name, the holder of a lock, the failing step, the errno's name. Never a secret. */
  details?: Readonly<Record<string, string | number | boolean>>;
}

/**
 * The one error class that crosses an interface of the engine. Its message is one line, names what was wrong and, where
 * there is one, the remedy.
 */
export class EngineError extends Error {
  override readonly name = "EngineError";
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, string | number | boolean>>;

  constructor(code: ErrorCode, message: string, options: EngineErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }
}

/**
 * Whether a value is an engine error, also one made by another copy of this package (a plugin may carry its own).
 * @param code when given, the error must carry it
 */
export function isEngineError(value: unknown, code?: ErrorCode): value is EngineError {
  if (!(value instanceof Error) || value.name !== "EngineError" || !("code" in value)) return false;
  return code === undefined ? errorCodes.includes(value.code as ErrorCode) : value.code === code;
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
