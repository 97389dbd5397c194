import { Command, type Constructor, definePlugin, inject } from "@gantry/core";

import { ImagesCommand } from "./commands/images-command.ts";
import { InfoCommand } from "./commands/info-command.ts";
import { KillCommand } from "./commands/kill-command.ts";
import { LogsCommand } from "./commands/logs-command.ts";
import { PluginsCommand } from "./commands/plugins-command.ts";
import { PsCommand } from "./commands/ps-command.ts";
import { PullCommand } from "./commands/pull-command.ts";
import { RmCommand } from "./commands/rm-command.ts";
import { RunCommand } from "./commands/run-command.ts";
import { StartCommand } from "./commands/start-command.ts";
import { StopCommand } from "./commands/stop-command.ts";
import { VersionCommand } from "./commands/version-command.ts";
import { WaitCommand } from "./commands/wait-command.ts";
import type { EngineConnector as Connector } from "./connected-engine.ts";
import { EngineConnector } from "./engine-connector.ts";

type CommandClass = new (connector: Connector) => Command;

const commandClasses: readonly CommandClass[] = [
  RunCommand,
  PsCommand,
  ImagesCommand,
  LogsCommand,
  StartCommand,
  StopCommand,
  KillCommand,
  WaitCommand,
  RmCommand,
  PullCommand,
  VersionCommand,
  InfoCommand,
  PluginsCommand,
];

/** Contributes the commands of this package. */
export const cliApp = definePlugin<object>({
  name: "@gantry/cli-app",
  provides: [Command],
  requires: [EngineConnector],
  register: (registrar) => {
    for (const commandClass of commandClasses) registrar.singleton(Command, injected(commandClass));
  },
});
export default cliApp;

/** The commands themselves know no container, so that a command line which starts none need not load one. */
function injected(commandClass: CommandClass): Constructor<Command> {
  class Injected extends commandClass {
    constructor(@inject(EngineConnector) connector: Connector) {
      super(connector);
    }
  }
  return Injected;
}
