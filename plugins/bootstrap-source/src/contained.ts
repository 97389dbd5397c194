/**
 * Wraps a command so that whatever it mounts and starts ends with it: a mount and a pid namespace of its own. (debootstrap
 * mounts /proc into the new root, and a removal of the root would otherwise reach it.)
 */
export function contained(argv: readonly string[]): string[] {
  return ["unshare", "--mount", "--pid", "--fork", "--kill-child=KILL", "--mount-proc", "--", ...argv];
}
