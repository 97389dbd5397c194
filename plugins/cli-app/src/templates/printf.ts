import { display } from "./display.ts";
import { TemplateError } from "./template-error.ts";

/** Go's format verbs `s v d q t f x` with flags `-` and `0`, width and precision. */
export function printf(format: string, values: readonly unknown[]): string {
  let next = 0;
  const text = format.replaceAll(
    /%([-0]*)(\d*)(?:\.(\d+))?([a-zA-Z%])/g,
    (_, flags: string, width: string, precision: string | undefined, verb: string) => {
      if (verb === "%") return "%";
      if (next >= values.length) return `%!${verb}(MISSING)`;
      const shown = formatOne(verb, values[next++], precision === undefined ? undefined : Number(precision));
      if (flags.includes("-")) return shown.padEnd(Number(width));
      return shown.padStart(Number(width), flags.includes("0") ? "0" : " ");
    },
  );
  if (next < values.length) throw new TemplateError(`printf: ${values.length - next} values too many for "${format}"`);
  return text;
}

function formatOne(verb: string, value: unknown, precision: number | undefined): string {
  switch (verb) {
    case "s":
    case "v":
      return Array.from(display(value)).slice(0, precision).join("");
    case "d":
      return String(Math.trunc(Number(value)));
    case "f":
      return Number(value).toFixed(precision ?? 6);
    case "x":
      return typeof value === "number" ? value.toString(16) : hex(display(value));
    case "q":
      return JSON.stringify(display(value));
    case "t":
      return String(value);
    default:
      throw new TemplateError(`printf: unknown verb %${verb}`);
  }
}

function hex(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
