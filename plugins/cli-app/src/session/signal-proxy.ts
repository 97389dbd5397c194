import type { CommandHost } from "@gantry/core";

const proxied = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGCONT", "SIGWINCH"];
const insistence = 3;

/**
 * Passes signals on to a container until the returned function is called. The third SIGINT or SIGTERM calls `giveUp`: the
 * container does not react, and its user wants his shell back.
 */
export function proxySignals(
  host: CommandHost,
  kill: (signal: string) => Promise<void>,
  giveUp: () => void,
): () => void {
  let asked = 0;
  return host.onSignal(proxied, (name) => {
    if (name === "SIGINT" || name === "SIGTERM") asked += 1;
    if (asked >= insistence) giveUp();
    // It may have exited in between.
    kill(name).catch(() => {});
  });
}
