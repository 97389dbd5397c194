/** The repository and the tag or digest of an image's name, as the API takes them apart. */
export function splitReference(reference: string | undefined): { repository?: string; tag?: string } {
  if (reference === undefined || reference === "") return {};
  const at = reference.indexOf("@");
  if (at >= 0) return { repository: reference.slice(0, at), tag: reference.slice(at + 1) };
  // A colon before the last slash belongs to a registry's port.
  const colon = reference.lastIndexOf(":");
  if (colon <= reference.lastIndexOf("/")) return { repository: reference };
  return { repository: reference.slice(0, colon), tag: reference.slice(colon + 1) };
}
