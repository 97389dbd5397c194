/** The last argument of every call that can block. */
export interface CallOptions {
  /** Aborting it rejects the call with the signal's reason; what was begun is undone or is safe to repeat. */
  signal?: AbortSignal;
}
