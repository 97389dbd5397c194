import { setTimeout as sleep } from "node:timers/promises";

/**
 * Asks again until the answer satisfies, or the time is over.
 * @param timeout milliseconds
 * @returns the last answer, satisfying or not, for the test to judge
 */
export async function eventually<T>(
  ask: () => T | Promise<T>,
  satisfies: (answer: T) => boolean,
  timeout = 10_000,
): Promise<T> {
  const deadline = Date.now() + timeout;
  for (;;) {
    const answer = await ask();
    if (satisfies(answer) || Date.now() > deadline) return answer;
    await sleep(50);
  }
}
