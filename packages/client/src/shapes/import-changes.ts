import type { ImportOptions } from "@gantry/engine";

/** An image's defaults as Dockerfile instructions, which are how the API takes those of an import. */
export function importChanges(config: NonNullable<ImportOptions["config"]>): string[] {
  const { env = [], entrypoint = [], command = [], labels = {}, volumes = [], exposedPorts = [] } = config;
  const quoted = (text: string): string => `"${text.replaceAll(/["\\$]/g, "\\$&")}"`;
  const assignment = (text: string): string => {
    const equals = text.indexOf("=");
    return `${text.slice(0, equals)}=${quoted(text.slice(equals + 1))}`;
  };
  return [
    ...env.map((variable) => `ENV ${assignment(variable)}`),
    ...Object.entries(labels).map(([name, value]) => `LABEL ${quoted(name)}=${quoted(value)}`),
    ...(volumes.length === 0 ? [] : [`VOLUME ${JSON.stringify(volumes)}`]),
    ...exposedPorts.map((port) => `EXPOSE ${port}`),
    ...(config.user === undefined ? [] : [`USER ${config.user}`]),
    ...(config.workingDirectory === undefined ? [] : [`WORKDIR ${config.workingDirectory}`]),
    ...(config.stopSignal === undefined ? [] : [`STOPSIGNAL ${config.stopSignal}`]),
    ...(entrypoint.length === 0 ? [] : [`ENTRYPOINT ${JSON.stringify(entrypoint)}`]),
    ...(command.length === 0 ? [] : [`CMD ${JSON.stringify(command)}`]),
  ];
}
