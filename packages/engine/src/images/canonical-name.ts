import { canonicalReference, familiarReference, parseReference, withDefaultTag } from "@gantry/oci";

import { invalidArgument, parsed } from "../engine-errors.ts";

/** The canonical form of a name that a user gives to an image. Errors: `invalid-argument`. */
export function canonicalName(text: string): string {
  const reference = parsed(() => parseReference(text));
  if (reference.digest !== undefined) throw invalidArgument("refusing to create a tag with a digest reference");
  return canonicalReference(withDefaultTag(reference));
}

/** What Docker shows of a canonical name. */
export function familiarName(canonical: string): string {
  return familiarReference(parseReference(canonical));
}
