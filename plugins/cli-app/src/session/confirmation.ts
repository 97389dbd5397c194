import type { CommandHost } from "@gantry/core";

/** Asks on the standard output and reads a line of the standard input; yes is `y` or `yes`. */
export async function confirmed(host: CommandHost, question: string): Promise<boolean> {
  await host.stdout.write(question);
  const enough = new AbortController();
  let answer = "";
  for await (const chunk of host.stdin.chunks(enough.signal)) {
    answer += new TextDecoder().decode(chunk);
    if (answer.includes("\n")) break;
  }
  enough.abort();
  return /^\s*y(es)?\s*$/i.test(answer.split("\n")[0] ?? "");
}
