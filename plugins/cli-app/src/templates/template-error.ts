/** A template that cannot be parsed or executed; the message says which part. */
export class TemplateError extends Error {}
