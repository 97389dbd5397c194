import { invalidArgument } from "../../engine-errors.ts";

const maximumPort = 65_535;

/** `80`, `80/udp`, `8000-8010/tcp` as `80/tcp` each. Errors: `invalid-argument`. */
export function exposedPorts(word: string): readonly string[] {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/([A-Za-z]+))?$/.exec(word);
  const [first, last] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
  const protocol = (match?.[3] ?? "tcp").toLowerCase();
  if (!match || first > last || last > maximumPort || !["tcp", "udp", "sctp"].includes(protocol)) {
    throw invalidArgument(`Invalid containerPort: ${word}`, { field: "changes" });
  }
  return Array.from({ length: last - first + 1 }, (_, index) => `${first + index}/${protocol}`);
}
