/** Milliseconds; a longer timer would go off at once. */
const maximumDelay = 2 ** 31 - 1;

/**
 * Calls back when a moment has come, however far away it is; not at all when it has passed already.
 * @param moment nanoseconds since the epoch
 */
export function atTime(moment: bigint, callback: () => void): { passed: () => boolean; cancel: () => void } {
  const milliseconds = Number(moment / 1_000_000n) + 1;
  const left = (): number => milliseconds - Date.now();
  let timer: NodeJS.Timeout | undefined;
  const wait = (): void => {
    timer = setTimeout(() => (left() > 0 ? wait() : callback()), Math.min(left(), maximumDelay));
  };
  if (left() > 0) wait();
  return { passed: () => left() <= 0, cancel: () => clearTimeout(timer) };
}
