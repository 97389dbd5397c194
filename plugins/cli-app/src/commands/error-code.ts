/** Whether an error of the engine carries a code. (Core's own `isEngineError` would load core with its container.) */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
