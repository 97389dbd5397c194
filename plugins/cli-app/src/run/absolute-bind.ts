/** Makes a source that begins with `.` absolute: `./data:/data` means a directory of the caller, not a volume. */
export function absoluteBind(bind: string, workingDirectory: string): string {
  const [source = "", ...rest] = bind.split(":");
  if (!/^\.{1,2}(\/|$)/.test(source)) return bind;
  const path: string[] = [];
  for (const part of `${workingDirectory}/${source}`.split("/")) {
    if (part === "..") path.pop();
    else if (part !== "." && part !== "") path.push(part);
  }
  return [`/${path.join("/")}`, ...rest].join(":");
}
