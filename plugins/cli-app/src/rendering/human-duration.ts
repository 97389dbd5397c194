/** A span of time in Docker's words: `About a minute`, `3 days`. */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < 1) return "Less than a second";
  if (seconds === 1) return "1 second";
  if (seconds < 60) return `${seconds} seconds`;
  const minutes = Math.floor(seconds / 60);
  if (minutes === 1) return "About a minute";
  if (minutes < 60) return `${minutes} minutes`;
  return humanHours(Math.round(seconds / 3600));
}

function humanHours(hours: number): string {
  if (hours === 1) return "About an hour";
  if (hours < 48) return `${hours} hours`;
  const days = Math.floor(hours / 24);
  if (days < 14) return `${days} days`;
  if (days < 90) return `${Math.floor(days / 7)} weeks`;
  if (days < 2 * 365) return `${Math.floor(days / 30)} months`;
  return `${Math.floor(days / 365)} years`;
}

/** How long ago an RFC 3339 time was; empty for a time that is not known. */
export function humanAge(time: string | undefined, now: number): string {
  const then = time === undefined ? NaN : Date.parse(time);
  return Number.isNaN(then) ? "" : humanDuration(Math.max(0, now - then));
}
