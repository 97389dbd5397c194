/**
 * The status of `docker run` when the container could not be run: 127 when its program does not exist, 126 when it may not be
 * executed, 125 for every other failure.
 */
export function startStatus(error: unknown): number {
  const details = typeof error === "object" && error !== null && "details" in error ? error.details : undefined;
  const reason = typeof details === "object" && details !== null && "reason" in details ? details.reason : undefined;
  if (reason === "executable-not-found") return 127;
  if (reason === "executable-not-permitted") return 126;
  return 125;
}
