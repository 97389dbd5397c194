import type { CommandHost, CommandOption } from "@gantry/core";

import type { CommandEntry } from "./command-entry.ts";
import type { EngineConnector } from "./connected-engine.ts";
import { type GlobalOptions, globalOptions, globalsOf } from "./global-options.ts";
import { Interruption } from "./interruption.ts";
import { OptionValues } from "./parsing/option-values.ts";
import { parseOptions } from "./parsing/parse-options.ts";
import { UsageError } from "./parsing/usage-error.ts";
import { applicationHelp, commandGroups, commandHelp, groupHelp } from "./rendering/help-text.ts";

export interface Application {
  commands: readonly CommandEntry[];
  host: CommandHost;
  /** Called only when a command is run, not for its help. */
  connector(options: GlobalOptions): EngineConnector;
}

const helpOption: CommandOption = { name: "help", type: "boolean", summary: "Print this page" };

/**
 * Runs one call of the command line. Errors are printed, one line each, never thrown.
 * @param argv without the program's name
 * @returns the exit status
 */
export async function runApplication(application: Application, argv: readonly string[]): Promise<number> {
  let debug = false;
  try {
    const parsed = parseOptions(globalOptions, argv, true);
    const options = new OptionValues(globalOptions, parsed.options);
    debug = options.flag("debug");
    if (options.flag("version"))
      return await print(application, `Docker version ${application.host.version}, Gantry\n`);
    const words = parsed.arguments;
    if (words.length === 0 || options.flag("help")) return await printHelp(application, words);
    if (words[0] === "help") return await printHelp(application, words.slice(1));
    if (words[0] === "__complete") return await complete(application, words.slice(1), globalsOf(options));
    return await dispatch(application, words, globalsOf(options));
  } catch (error) {
    return report(application.host, error, debug);
  }
}

async function dispatch(application: Application, words: readonly string[], options: GlobalOptions): Promise<number> {
  const found = findCommand(application.commands, words);
  if (found === undefined) return unknownCommand(application, words);
  const command = await found.entry.load(application.connector(options));
  try {
    const rest = words.slice(found.length);
    const parsed = parseOptions([...command.options, helpOption], rest, command.stopAtFirstArgument === true);
    if (parsed.options["help"] === true) return await print(application, commandHelp(command));
    return await command.run({ ...parsed, host: application.host });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    await application.host.stderr.write(`docker: ${error.message}\nSee 'docker ${command.path.join(" ")} --help'.\n`);
    return error.status;
  }
}

/** The longest path or alias that the words begin with. */
function findCommand(commands: readonly CommandEntry[], words: readonly string[]) {
  let best: { entry: CommandEntry; length: number } | undefined;
  for (const entry of commands) {
    for (const path of [entry.path, ...(entry.aliases ?? [])]) {
      const matches = path.every((word, index) => words[index] === word);
      if (matches && path.length > (best?.length ?? 0)) best = { entry, length: path.length };
    }
  }
  return best;
}

async function unknownCommand(application: Application, words: readonly string[]): Promise<number> {
  if (isGroup(application, words[0])) {
    const next = words[1];
    if (next === undefined || next === "--help") return printHelp(application, words.slice(0, 1));
    throw new UsageError(`unknown command: docker ${words[0]} ${next}`, 1);
  }
  throw new UsageError(`unknown command: docker ${words[0]}`, 1);
}

/** Another plugin may contribute commands of a group of its own. */
function isGroup({ commands }: Application, word: string | undefined): boolean {
  if (word !== undefined && Object.hasOwn(commandGroups, word)) return true;
  return commands.some(({ path, aliases = [] }) =>
    [path, ...aliases].some((name) => name.length > 1 && name[0] === word),
  );
}

async function printHelp(application: Application, words: readonly string[]): Promise<number> {
  if (words.length === 0) return print(application, applicationHelp(application.commands, globalOptions));
  const found = findCommand(application.commands, words);
  if (found !== undefined) return print(application, commandHelp(await found.entry.load(noEngine)));
  if (isGroup(application, words[0])) return print(application, groupHelp(words[0]!, application.commands));
  throw new UsageError(`unknown help topic: ${words.join(" ")}`, 1);
}

/** A help page needs none. */
const noEngine: EngineConnector = { connect: () => Promise.reject(new Error("A help page needs no engine")) };

/** What the scripts of `docker completion` ask. */
async function complete(application: Application, words: readonly string[], options: GlobalOptions): Promise<number> {
  const { completions } = await import("./completion/completions.ts");
  return print(application, await completions(application.commands, words, application.connector(options)));
}

async function print(application: Application, text: string): Promise<number> {
  await application.host.stdout.write(text);
  return 0;
}

async function report(host: CommandHost, error: unknown, debug: boolean): Promise<number> {
  if (error instanceof Interruption) return error.status;
  // The reader of our output has gone away: end as the shell's own programs do on SIGPIPE.
  if (error instanceof Error && "code" in error && error.code === "EPIPE") return 141;
  const message = error instanceof Error ? error.message : String(error);
  const hint = error instanceof UsageError ? "\n\nRun 'docker --help' for more information" : "";
  const origin = debug && error instanceof Error ? `\n${error.stack ?? ""}` : "";
  await host.stderr.write(`docker: ${message}${hint}${origin}\n`);
  return error instanceof UsageError ? error.status : 1;
}
