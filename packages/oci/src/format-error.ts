/** A text or document that is not what the specification demands. The message is one line and names the field. */
export class FormatError extends Error {
  override readonly name = "FormatError";
}
