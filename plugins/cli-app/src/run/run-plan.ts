import type { CommandContext, CommandHost } from "@gantry/core";
import type { ContainerConfig, CreateContainer } from "@gantry/engine";

import { OptionValues } from "../parsing/option-values.ts";
import { parseEnvironmentFile, parseVariable } from "../parsing/parse-environment.ts";
import { parseInteger } from "../parsing/parse-numbers.ts";
import { parseLabel } from "../parsing/parse-pairs.ts";
import { InvalidValue, UsageError } from "../parsing/usage-error.ts";
import type { SessionStreams } from "../session/container-session.ts";
import { DetachKeys } from "../session/detach-keys.ts";
import { healthCheckOf } from "./health-check-options.ts";
import { hostConfigOf } from "./host-config.ts";
import { present } from "./present.ts";
import { runOptions } from "./run-options.ts";
import { type Streams, streamsOf } from "./run-streams.ts";

/** What a call of `docker run` asks for. */
export interface RunPlan {
  create: CreateContainer;
  detach: boolean;
  streams: SessionStreams;
  signalProxy: boolean;
  detachKeys: DetachKeys;
  pull: "always" | "missing" | "never";
  quiet: boolean;
  cidfile: string | undefined;
}

const defaultImage = "base";

/**
 * Understands the arguments of `docker run`, or with `creating` those of `docker create`.
 * @throws UsageError
 */
export async function planRun({ arguments: words, options, host }: CommandContext, creating = false): Promise<RunPlan> {
  const values = new OptionValues(runOptions, options);
  const [image = defaultImage, ...command] = words;
  const streams = streamsOf(values, host, { noCommand: command.length === 0, creating });
  const name = values.text("name");
  return {
    create: {
      config: await configOf(values, host, streams, image, command),
      hostConfig: hostConfigOf(values, host, streams.terminal),
      ...(name === undefined ? {} : { name }),
    },
    detach: streams.detach,
    streams: streams.attached,
    signalProxy: values.flag("sig-proxy"),
    detachKeys: new DetachKeys(values.text("detach-keys")),
    pull: pullPolicy(values.text("pull")),
    quiet: values.flag("quiet"),
    cidfile: values.text("cidfile"),
  };
}

async function configOf(
  values: OptionValues,
  host: CommandHost,
  streams: Streams,
  image: string,
  command: readonly string[],
): Promise<ContainerConfig> {
  const entrypoint = values.text("entrypoint");
  return {
    image,
    ...(command.length === 0 ? {} : { command }),
    ...(entrypoint === undefined ? {} : { entrypoint: entrypoint === "" ? [] : [entrypoint] }),
    env: await environmentOf(values, host),
    labels: await labelsOf(values, host),
    terminal: streams.terminal,
    openStdin: streams.openStdin,
    stdinOnce: streams.openStdin && streams.attached.stdin,
    ...present({
      workingDirectory: values.text("workdir"),
      user: values.text("user"),
      hostname: values.text("hostname"),
      domainname: values.text("domainname"),
      healthcheck: healthCheckOf(values),
      stopSignal: values.text("stop-signal"),
      stopTimeout: values.parsed("stop-timeout", parseInteger),
    }),
  };
}

/** Files first, so that `-l` prevails. */
async function labelsOf(values: OptionValues, host: CommandHost): Promise<Record<string, string>> {
  const lines: string[] = [];
  for (const path of values.list("label-file")) {
    const content = new TextDecoder().decode(await host.readFile(path));
    lines.push(...content.split("\n").map((line) => line.trim()));
  }
  const fromFiles = lines.filter((line) => line !== "" && !line.startsWith("#")).map(parseLabel);
  return Object.fromEntries([...fromFiles, ...values.parsedList("label", parseLabel)]);
}

/** Files first, so that `-e` prevails. */
export async function environmentOf(values: OptionValues, host: CommandHost): Promise<string[]> {
  const variables: string[] = [];
  for (const path of values.list("env-file")) variables.push(...(await readEnvironmentFile(path, host)));
  const given = values.parsedList("env", (text) => parseVariable(text, host.environment));
  return [...variables, ...given.filter((variable) => variable !== undefined)];
}

async function readEnvironmentFile(path: string, host: CommandHost): Promise<string[]> {
  const content = new TextDecoder().decode(await host.readFile(path));
  try {
    return parseEnvironmentFile(content, host.environment);
  } catch (error) {
    if (error instanceof InvalidValue) throw new UsageError(`invalid env file (${path}): ${error.message}`);
    throw error;
  }
}

function pullPolicy(text: string | undefined): RunPlan["pull"] {
  if (text === "always" || text === "missing" || text === "never") return text;
  throw new UsageError(`invalid pull option: '${text}': must be one of "always", "missing" or "never"`);
}
