import { EngineError, token } from "@gantry/core";
import { z } from "zod";

const sizePattern = /^(\d+(?:\.\d+)?) ?([kmgt]?)(i?b)?$/i;

export const jsonFileOptions = z.strictObject({
  /** Bytes of one file, as `20m`; `-1` for no bound. For containers that say nothing of their own. */
  maxSize: z
    .string()
    .refine((text) => parseSize(text) !== undefined, "must be a size such as 20m, or -1")
    .optional(),
  /** How many files are kept of a container, the current one included. */
  maxFile: z.int().min(1).optional(),
});

export interface JsonFileOptions {
  maxSize?: string | undefined;
  maxFile?: number | undefined;
}
export const JsonFileOptions = token<JsonFileOptions>("@gantry/json-file-logs/Options");

export interface LogBounds {
  /** Bytes. */
  maxSize: number;
  maxFile: number;
}

/**
 * The options of one container (`--log-opt`), over those of the driver.
 * Errors: `invalid-argument`, naming the option.
 */
export function logBounds(options: Readonly<Record<string, string>>, defaults: JsonFileOptions): LogBounds {
  const unknown = Object.keys(options).find((name) => name !== "max-size" && name !== "max-file");
  if (unknown !== undefined) throw refused(unknown, "is not known to json-file: use max-size and max-file");
  const { "max-size": size = defaults.maxSize ?? "20m", "max-file": files = String(defaults.maxFile ?? 5) } = options;
  const maxSize = parseSize(size);
  if (maxSize === undefined)
    throw refused("max-size", `is ${JSON.stringify(size)}: it must be a size such as 20m, or -1`);
  if (!/^[1-9]\d{0,5}$/.test(files)) {
    throw refused("max-file", `is ${JSON.stringify(files)}: it must be a number from 1 on`);
  }
  return { maxSize, maxFile: Number(files) };
}

function parseSize(text: string): number | undefined {
  if (text === "-1") return Infinity;
  const [, number, unit] = sizePattern.exec(text) ?? [];
  if (number === undefined) return undefined;
  const bytes = Math.floor(Number(number) * 1024 ** " kmgt".indexOf((unit || " ").toLowerCase()));
  return bytes > 0 ? bytes : undefined;
}

function refused(option: string, what: string): EngineError {
  return new EngineError("invalid-argument", `log option ${option} ${what}`, { details: { option } });
}
