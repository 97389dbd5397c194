import { readFile } from "node:fs/promises";

/** USER_HZ: fixed in the kernel's interface on every architecture that Node runs on. */
export const clockTicks = 100;

/** What /proc tells of one process. */
export interface ProcessFacts {
  pid: number;
  parent: number;
  /** Effective. */
  uid: number;
  /** Device number of its terminal; 0 for none. */
  terminal: number;
  /** Seconds. */
  cpuTime: number;
  /** Seconds since the host has started. */
  startedAt: number;
  zombie: boolean;
  /** The words of its command line; none for a zombie. */
  words: readonly string[];
  /** Its own name for itself: at most 15 bytes. */
  name: string;
}

/** `undefined` when it is gone. */
export async function processFacts(pid: number): Promise<ProcessFacts | undefined> {
  try {
    const read = (file: string): Promise<string> => readFile(`/proc/${pid}/${file}`, "utf8");
    const [stat, status, commandLine] = await Promise.all([read("stat"), read("status"), read("cmdline")]);
    // The name stands in parentheses and may hold anything.
    const end = stat.lastIndexOf(")");
    const fields = stat.slice(end + 2).split(" ");
    const number = (column: number): number => Number(fields[column - 3]);
    return {
      pid,
      parent: number(4),
      uid: Number(/^Uid:\s+\d+\s+(\d+)/m.exec(status)?.[1] ?? 0),
      terminal: number(7),
      cpuTime: (number(14) + number(15)) / clockTicks,
      startedAt: number(22) / clockTicks,
      zombie: fields[0] === "Z",
      words: commandLine === "" ? [] : commandLine.replace(/\0$/, "").split("\0"),
      name: stat.slice(stat.indexOf("(") + 1, end),
    };
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    throw thrown;
  }
}
