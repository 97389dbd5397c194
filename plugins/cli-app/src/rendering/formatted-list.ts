import { executeTemplate } from "../templates/execute-template.ts";
import { parseTemplate } from "../templates/parse-template.ts";
import { headingFunctions, toJson } from "../templates/template-functions.ts";
import { renderTable } from "./text-table.ts";

/** One column of a list: the name by which a format calls it, its heading (a function where the field takes an operand), and its value. */
export interface ListField<Row> {
  name: string;
  heading: unknown;
  value(row: Row): unknown;
}

export interface ListFormat<Row> {
  fields: readonly ListField<Row>[];
  /** Names of the columns that are shown without a format. */
  columns: readonly string[];
  /** `table`, `table TEMPLATE`, `json` or `TEMPLATE`; absent: `table`. */
  format?: string | undefined;
}

/**
 * Renders a list as `--format` says.
 * @throws TemplateError
 */
export function renderList<Row>(rows: readonly Row[], { fields, columns, format = "table" }: ListFormat<Row>): string {
  const values = rows.map((row) => Object.fromEntries(fields.map((field) => [field.name, field.value(row)])));
  if (format === "json") return values.map((value) => `${toJson(value)}\n`).join("");
  const headed = /^table(\s|$)/.test(format);
  const body = headed ? format.slice("table".length).trim() : format;
  const source = body === "" ? columns.map((column) => `{{.${column}}}`).join("\t") : unescape(body);
  const template = parseTemplate(source);
  const lines = values.map((value) => executeTemplate(template, value));
  if (!headed) return lines.map((line) => `${line}\n`).join("");
  const headings = Object.fromEntries(fields.map((field) => [field.name, field.heading]));
  return renderTable([executeTemplate(template, headings, headingFunctions), ...lines].map((line) => line.split("\t")));
}

/** Shells pass `\t` and `\n` as two characters. */
function unescape(format: string): string {
  return format.replaceAll("\\t", "\t").replaceAll("\\n", "\n");
}
