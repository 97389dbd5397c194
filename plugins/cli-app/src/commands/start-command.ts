import type { Command, CommandContext, CommandHost, CommandOption } from "@gantry/core";
import type { Containers } from "@gantry/engine";

import type { EngineConnector } from "../connected-engine.ts";
import { OptionValues, requireArguments } from "../parsing/option-values.ts";
import { UsageError } from "../parsing/usage-error.ts";
import { runSession } from "../session/container-session.ts";
import { eachArgument } from "./each-argument.ts";
import { hasCode } from "./error-code.ts";

export class StartCommand implements Command {
  readonly path = ["start"];
  readonly aliases = [["container", "start"]];
  readonly summary = "Start one or more stopped containers";
  readonly synopsis = "[OPTIONS] CONTAINER [CONTAINER...]";
  readonly options: readonly CommandOption[] = [
    { name: "attach", short: "a", type: "boolean", summary: "Attach STDOUT/STDERR and forward signals" },
    { name: "interactive", short: "i", type: "boolean", summary: "Attach container's STDIN" },
  ];
  readonly #connector: EngineConnector;

  constructor(connector: EngineConnector) {
    this.#connector = connector;
  }

  async run({ arguments: names, options, host }: CommandContext): Promise<number> {
    requireArguments("start", names, 1);
    const values = new OptionValues(this.options, options);
    const attach = values.flag("attach") || values.flag("interactive");
    if (attach && names.length > 1) throw new UsageError("you cannot start and attach multiple containers at once", 1);
    const { containers } = await this.#connector.connect();
    if (attach) return startAttached(containers, names[0]!, values.flag("interactive"), host);
    return eachArgument(host, names, async (name) => {
      try {
        await containers.start(name);
      } catch (error) {
        if (!hasCode(error, "not-modified")) throw error;
      }
      return name;
    });
  }
}

async function startAttached(
  containers: Containers,
  name: string,
  interactive: boolean,
  host: CommandHost,
): Promise<number> {
  const { id, config, hostConfig, state } = await containers.inspect(name);
  if (state.status === "running") throw new UsageError("you cannot attach to a running container by start", 1);
  const attachment = await containers.attach(id);
  const exit = containers.wait(id, hostConfig.autoRemove ? "removed" : "next-exit");
  exit.catch(() => {});
  const streams = { stdin: interactive && config.openStdin, stdout: true, stderr: true };
  const session = { host, containers, id, attachment, streams, signalProxy: true };
  const end = await runSession(session, () => containers.start(id));
  if (end !== "ended") return end === "detached" ? 0 : 1;
  return (await exit).exitCode;
}
