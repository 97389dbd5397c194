import type { CommandOption } from "@gantry/core";
import type { StopOptions } from "@gantry/engine";

import { value } from "../parsing/option-specs.ts";
import type { OptionValues } from "../parsing/option-values.ts";
import { parseInteger } from "../parsing/parse-numbers.ts";
import { present } from "../run/present.ts";

export const stopOptions: readonly CommandOption[] = [
  value("signal", "string", "Signal to send to the container", "s"),
  value("timeout", "int", "Seconds to wait before killing the container (-1: forever)", "t"),
  // The name that it had before.
  value("time", "int", "Deprecated: use --timeout"),
];

export function stopOptionsOf(values: OptionValues): StopOptions {
  const timeout = values.parsed("timeout", parseInteger) ?? values.parsed("time", parseInteger);
  return present({ signal: values.text("signal"), timeout });
}
