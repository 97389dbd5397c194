import { LogDriver, definePlugin } from "@gantry/core";

import { JsonFileLogDriver } from "./json-file-log-driver.ts";
import { JsonFileOptions, jsonFileOptions } from "./log-options.ts";

export { JsonFileLogDriver } from "./json-file-log-driver.ts";
export { JsonFileOptions } from "./log-options.ts";

/** Container logs in Docker's json-file format, bounded by default. */
export const jsonFileLogs = definePlugin<JsonFileOptions>({
  name: "@gantry/json-file-logs",
  options: jsonFileOptions,
  provides: [LogDriver],
  register: (registrar, options) => {
    registrar.value(JsonFileOptions, options);
    registrar.singleton(LogDriver, JsonFileLogDriver);
  },
});
export default jsonFileLogs;
