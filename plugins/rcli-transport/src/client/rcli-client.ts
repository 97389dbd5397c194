import { type CommandHost, type Connection, type Transport, messageOf } from "@gantry/core";

import { pathOf } from "../wire/request-path.ts";

const unreachable = "Can't connect. Please set environment variable DOCKER to ip:port, eg. 'localhost:4242'.\n";

/**
 * The docker client of 2013: sends its command line and its standard input, prints the answer. A terminal is raw meanwhile, unless the
 * environment has NORAW. Ends with the answer, whatever the input still holds.
 * @param server `localhost:4242`
 * @returns the exit status: 0, or 1 where the server cannot be reached or was lost; the commands themselves have none
 */
export async function runRcliClient(
  transport: Pick<Transport, "dial">,
  server: string,
  argv: readonly string[],
  host: CommandHost,
): Promise<number> {
  let connection: Connection;
  try {
    connection = await transport.dial(`rcli://${server}`);
  } catch {
    await host.stderr.write(unreachable);
    return 1;
  }
  const ended = new AbortController();
  const raw = host.stdin.isTerminal && !host.environment["NORAW"];
  if (raw) host.stdin.setRaw(true);
  try {
    const body = host.stdin.chunks(ended.signal);
    const response = await connection.request({ method: "POST", path: pathOf(argv), body });
    for await (const chunk of response.body) await host.stdout.write(chunk);
    return 0;
  } catch (thrown) {
    // The reader of our output has gone away: end as the shell's own programs do on SIGPIPE.
    if (thrown instanceof Error && "code" in thrown && thrown.code === "EPIPE") return 141;
    await host.stderr.write(`Error: ${messageOf(thrown)}\n`);
    return 1;
  } finally {
    ended.abort();
    if (raw) host.stdin.setRaw(false);
    await connection.close();
  }
}
