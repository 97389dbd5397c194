import { executeTemplate } from "../templates/execute-template.ts";
import { parseTemplate } from "../templates/parse-template.ts";
import { toJson } from "../templates/template-functions.ts";

/** Renders one object as `--format` says: `json` or a template. */
export function renderObject(value: object, format: string): string {
  if (format === "json") return `${toJson(value)}\n`;
  return `${executeTemplate(parseTemplate(format), value)}\n`;
}
