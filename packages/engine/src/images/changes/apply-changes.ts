import path from "node:path/posix";

import type { ImageDefaults } from "@gantry/oci";

import { invalidArgument } from "../../engine-errors.ts";
import { signalNumber } from "../../signals.ts";
import { mergeEnvironment } from "../../spec/environment.ts";
import { commandForm, jsonStrings } from "./command-form.ts";
import { exposedPorts } from "./expose-instruction.ts";
import { healthCheckInstruction } from "./health-check-instruction.ts";
import { expandWord, splitWords } from "./instruction-words.ts";

type Instruction = (config: ImageDefaults, text: string, context: { commandSet: boolean }) => ImageDefaults;

const instructions: Readonly<Record<string, Instruction>> = {
  CMD: (config, text, context) => {
    context.commandSet = true;
    return { ...config, command: command(config, text) };
  },
  // Arguments for another entry point mean nothing.
  ENTRYPOINT: (config, text, { commandSet }) => ({
    ...config,
    entrypoint: command(config, text),
    command: commandSet ? config.command : [],
  }),
  ENV: (config, text) => {
    const pairs = pairsOf("ENV", text, config.env);
    return {
      ...config,
      env: mergeEnvironment(
        config.env,
        pairs.map(([name, value]) => `${name}=${value}`),
      ),
    };
  },
  LABEL: (config, text) => ({
    ...config,
    labels: { ...config.labels, ...Object.fromEntries(pairsOf("LABEL", text, config.env)) },
  }),
  EXPOSE: (config, text) => ({
    ...config,
    exposedPorts: union(config.exposedPorts, expanded(config, text).flatMap(exposedPorts)),
  }),
  VOLUME: (config, text) => ({ ...config, volumes: union(config.volumes, volumes(config, text)) }),
  USER: (config, text) => ({ ...config, user: one("USER", config, text) }),
  WORKDIR: (config, text) => ({
    ...config,
    workingDirectory: path.resolve("/", config.workingDirectory ?? "/", expandWord(text, config.env)),
  }),
  STOPSIGNAL: (config, text) => {
    const stopSignal = one("STOPSIGNAL", config, text);
    signalNumber(stopSignal);
    return { ...config, stopSignal };
  },
  HEALTHCHECK: (config, text) => ({ ...config, healthcheck: healthCheckInstruction(text) }),
  ONBUILD: (config, text) => ({ ...config, onBuild: [...(config.onBuild ?? []), trigger(text)] }),
};

/**
 * An image's defaults after Dockerfile instructions, as `commit --change` and `import --change` take them: `CMD`, `ENTRYPOINT`,
 * `ENV`, `EXPOSE`, `HEALTHCHECK`, `LABEL`, `ONBUILD`, `STOPSIGNAL`, `USER`, `VOLUME`, `WORKDIR`.
 * Errors: `invalid-argument` in Docker's words.
 */
export function applyChanges(defaults: ImageDefaults, changes: readonly string[]): ImageDefaults {
  const context = { commandSet: false };
  let config = defaults;
  for (const line of changes.flatMap(linesOf)) {
    const [, name = "", rest = ""] = /^(\S+)\s*(.*)$/s.exec(line)!;
    const key = name.toUpperCase();
    const apply = Object.hasOwn(instructions, key) ? instructions[key] : undefined;
    if (apply === undefined) throw refused(`${name.toLowerCase()} is not a valid change command`);
    if (rest === "") throw refused(`${key} requires at least one argument`);
    config = apply(config, rest, context);
  }
  return config;
}

/** A backslash at a line's end joins it with the next; comments and empty lines are left out. */
function linesOf(change: string): readonly string[] {
  const joined = change.replaceAll(/\\[ \t]*\r?\n/g, "");
  return joined.split(/\r?\n/).flatMap((line) => (/^\s*(#|$)/.test(line) ? [] : [line.trim()]));
}

function command({ shell = ["/bin/sh", "-c"] }: ImageDefaults, text: string): readonly string[] {
  const form = commandForm(text);
  return form.shell ? [...shell, ...form.words] : form.words;
}

/** `NAME=value …`, or the old form of one name and the rest as its value. */
function pairsOf(instruction: string, text: string, env: readonly string[]): readonly (readonly [string, string])[] {
  const words = splitWords(text);
  if (!words[0]!.includes("=")) {
    const [, name, value] = /^(\S+)\s+(.*)$/s.exec(text) ?? [];
    if (name === undefined) throw refused(`${instruction} must have two arguments`);
    return [[name, expandWord(value!, env)]];
  }
  return words.map((word) => {
    const equals = word.indexOf("=");
    if (equals < 0)
      throw refused(`Syntax error - can't find = in ${JSON.stringify(word)}. Must be of the form: name=value`);
    const name = expandWord(word.slice(0, equals), env);
    if (name === "") throw refused(`${instruction} names can not be blank`);
    return [name, expandWord(word.slice(equals + 1), env)];
  });
}

function expanded({ env }: ImageDefaults, text: string): readonly string[] {
  return splitWords(text).map((word) => expandWord(word, env));
}

function one(instruction: string, config: ImageDefaults, text: string): string {
  const [word, ...others] = expanded(config, text);
  if (word === undefined || word === "" || others.length > 0)
    throw refused(`${instruction} requires exactly one argument`);
  return word;
}

function volumes(config: ImageDefaults, text: string): readonly string[] {
  const paths = jsonStrings(text) ?? expanded(config, text);
  if (paths.some((item) => item.trim() === "")) throw refused("VOLUME specified can not be an empty string");
  return paths;
}

function trigger(text: string): string {
  const name = text.split(/\s/, 1)[0]!.toUpperCase();
  if (name === "ONBUILD") throw refused("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
  if (name === "FROM" || name === "MAINTAINER") throw refused(`${name} isn't allowed as an ONBUILD trigger`);
  return text;
}

function union(before: readonly string[], more: readonly string[]): readonly string[] {
  return [...new Set([...before, ...more])];
}

function refused(message: string): Error {
  return invalidArgument(message, { field: "changes" });
}
