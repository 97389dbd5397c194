import type { PortItem } from "./api-documents.ts";

interface PortRange {
  type: string;
  address: string | undefined;
  privateFirst: number;
  publicFirst: number | undefined;
  length: number;
}

/** Ports in Docker's words: `0.0.0.0:8080-8081->80-81/tcp, 53/udp`. Neighbours are shown as one range. */
export function portList(ports: readonly PortItem[]): string {
  const sorted = ports.toSorted(
    (a, b) =>
      a.PrivatePort - b.PrivatePort ||
      compare(a.IP ?? "", b.IP ?? "") ||
      (a.PublicPort ?? 0) - (b.PublicPort ?? 0) ||
      compare(a.Type, b.Type),
  );
  const ranges: PortRange[] = [];
  for (const port of sorted) {
    const range = ranges.find((candidate) => continues(candidate, port));
    if (range === undefined) ranges.push(rangeOf(port));
    else range.length += 1;
  }
  return ranges.map(rangeText).join(", ");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function rangeOf({ IP, PrivatePort, PublicPort, Type }: PortItem): PortRange {
  const address = PublicPort === undefined ? undefined : IP;
  return { type: Type, address, privateFirst: PrivatePort, publicFirst: PublicPort, length: 1 };
}

function continues(range: PortRange, { IP, PrivatePort, PublicPort, Type }: PortItem): boolean {
  if (range.type !== Type || range.privateFirst + range.length !== PrivatePort) return false;
  if (range.publicFirst === undefined) return PublicPort === undefined;
  return range.address === IP && range.publicFirst + range.length === PublicPort;
}

function rangeText({ type, address, privateFirst, publicFirst, length }: PortRange): string {
  const inside = `${span(privateFirst, length)}/${type}`;
  if (publicFirst === undefined) return inside;
  const host = address === undefined || address === "" ? "" : `${address.includes(":") ? `[${address}]` : address}:`;
  return `${host}${span(publicFirst, length)}->${inside}`;
}

function span(first: number, length: number): string {
  return length === 1 ? String(first) : `${first}-${first + length - 1}`;
}
