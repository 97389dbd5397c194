import { executeTemplate } from "../templates/execute-template.ts";
import { parseTemplate } from "../templates/parse-template.ts";
import { documentFunctions } from "../templates/template-functions.ts";

/** Renders a document of the API as `--format` says: `json` or a template. */
export function renderObject(value: unknown, format: string): string {
  if (format === "json") return `${JSON.stringify(value)}\n`;
  return `${executeTemplate(parseTemplate(format), value, documentFunctions, true)}\n`;
}
