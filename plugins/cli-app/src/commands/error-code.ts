/** Whether an error carries a code, the engine's or the system's. (Core's own `isEngineError` would load core with its container.) */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
