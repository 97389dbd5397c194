/**
 * The file of a kernel parameter. The first separator decides, as in sysctl(8): `net.ipv4.ip_forward`, and
 * `net/ipv4/conf/eth0.1/forwarding` for names that hold dots.
 */
export function sysctlPath(name: string): string {
  const firstSeparator = /[./]/.exec(name)?.[0];
  const path = firstSeparator === "/" ? name : name.replaceAll(/[./]/g, (separator) => (separator === "." ? "/" : "."));
  return `/proc/sys/${path}`;
}
