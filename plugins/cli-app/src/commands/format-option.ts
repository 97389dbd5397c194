import type { CommandOption } from "@gantry/core";

export const listFormatOption: CommandOption = {
  name: "format",
  type: "string",
  summary: "Format output using a custom template: 'table', 'table TEMPLATE', 'json', or a Go template",
};

export const objectFormatOption: CommandOption = {
  name: "format",
  short: "f",
  type: "string",
  summary: "Format output using a custom template: 'json', or a Go template",
};
