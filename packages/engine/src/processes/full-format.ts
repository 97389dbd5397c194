import type { ProcessTable } from "../face/container-verbs.ts";
import type { ProcessFacts } from "./process-facts.ts";

const titles = ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"];
const nameWidth = 8;
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

export interface HostClock {
  /** Seconds since the host has started. */
  uptime: number;
  now: Date;
}

/** Processes as `ps -ef` shows them. @param users names by number */
export function fullFormat(
  processes: readonly ProcessFacts[],
  users: ReadonlyMap<number, string>,
  clock: HostClock,
): ProcessTable {
  return { titles, processes: processes.map((process) => row(process, users, clock)) };
}

function row(process: ProcessFacts, users: ReadonlyMap<number, string>, { uptime, now }: HostClock): readonly string[] {
  const age = Math.max(0, uptime - process.startedAt);
  return [
    userName(users.get(process.uid) ?? String(process.uid)),
    String(process.pid),
    String(process.parent),
    String(Math.min(99, age > 0 ? Math.floor((process.cpuTime / age) * 100) : 0)),
    startTime(new Date(now.getTime() - age * 1000), now),
    terminalName(process.terminal),
    duration(process.cpuTime),
    command(process),
  ];
}

function userName(name: string): string {
  return name.length > nameWidth ? `${name.slice(0, nameWidth - 1)}+` : name;
}

function startTime(start: Date, now: Date): string {
  if (start.getFullYear() !== now.getFullYear()) return String(start.getFullYear());
  if (start.getMonth() !== now.getMonth() || start.getDate() !== now.getDate()) {
    return `${months[start.getMonth()]!}${twoDigits(start.getDate())}`;
  }
  return `${twoDigits(start.getHours())}:${twoDigits(start.getMinutes())}`;
}

/** By device number, for the kinds of terminal that the kernel numbers for good. */
function terminalName(device: number): string {
  const major = (device >>> 8) & 0xfff;
  const minor = (device & 0xff) | ((device >>> 12) & 0xfff00);
  if (major >= 136 && major <= 143) return `pts/${(major - 136) * 256 + minor}`;
  if (major === 4) return minor < 64 ? `tty${minor}` : `ttyS${minor - 64}`;
  if (major === 5 && minor === 1) return "console";
  return "?";
}

/** `[DD-]hh:mm:ss` */
function duration(seconds: number): string {
  const whole = Math.floor(seconds);
  const days = Math.floor(whole / 86_400);
  const parts = [Math.floor((whole % 86_400) / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  return `${days > 0 ? `${twoDigits(days)}-` : ""}${parts.map(twoDigits).join(":")}`;
}

function command({ words, name, zombie }: ProcessFacts): string {
  if (zombie) return `[${name}] <defunct>`;
  return words.length === 0 ? `[${name}]` : words.join(" ").replaceAll(/\p{Cc}/gu, "?");
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
