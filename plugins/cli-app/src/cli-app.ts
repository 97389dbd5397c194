import { Command, type Constructor, definePlugin, inject } from "@gantry/core";

import { commandTable } from "./command-table.ts";
import type { EngineConnector as Connector } from "./connected-engine.ts";
import { EngineConnector } from "./engine-connector.ts";

type CommandClass = new (connector: Connector) => Command;

const none: Connector = { connect: () => Promise.reject(new Error("These commands are there for their classes")) };
const commandClasses = await Promise.all(
  commandTable.map(async (entry) => (await entry.load(none)).constructor as CommandClass),
);

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
