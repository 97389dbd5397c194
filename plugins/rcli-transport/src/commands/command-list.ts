import { AttachCommand, CommitCommand, DiffCommand, LogsCommand, TarCommand } from "./container-commands.ts";
import { CpCommand, ImagesCommand, PutCommand, RmiCommand } from "./image-commands.ts";
import {
  KillCommand,
  RestartCommand,
  RmCommand,
  StartCommand,
  StopCommand,
  WaitCommand,
} from "./life-cycle-commands.ts";
import { PsCommand } from "./ps-command.ts";
import { PullCommand } from "./pull-command.ts";
import type { RcliCommand } from "./rcli-command.ts";
import { RunCommand } from "./run-command.ts";
import { InfoCommand, InspectCommand, MirrorCommand, WebCommand } from "./system-commands.ts";

/** Every command but `help`, by name. */
export const commands: ReadonlyMap<string, RcliCommand> = new Map(
  [
    new RunCommand(),
    new PsCommand(),
    new PullCommand(),
    new PutCommand(),
    new RmCommand(),
    new WaitCommand(),
    new StopCommand(),
    new LogsCommand(),
    new DiffCommand(),
    new CommitCommand(),
    new AttachCommand(),
    new InfoCommand(),
    new TarCommand(),
    new WebCommand(),
    new ImagesCommand(),
    new KillCommand(),
    new StartCommand(),
    new RestartCommand(),
    new InspectCommand(),
    new RmiCommand(),
    new CpCommand(),
    new MirrorCommand(),
  ].map((command) => [command.name, command]),
);
