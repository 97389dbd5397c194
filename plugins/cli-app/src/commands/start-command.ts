import type { CommandContext, CommandHost, CommandOption } from "@gantry/core";
import type { Containers } from "@gantry/engine";

import { flag } from "../parsing/option-specs.ts";
import { UsageError } from "../parsing/usage-error.ts";
import { runSession } from "../session/container-session.ts";
import { DetachKeys, detachKeysOption } from "../session/detach-keys.ts";
import { actOnEach } from "./act-on-each.ts";
import { EngineCommand, orMore } from "./engine-command.ts";

export class StartCommand extends EngineCommand {
  readonly path = ["start"];
  override readonly aliases = [["container", "start"]];
  readonly summary = "Start one or more stopped containers";
  readonly synopsis = "[OPTIONS] CONTAINER [CONTAINER...]";
  override readonly options: readonly CommandOption[] = [
    flag("attach", "Attach STDOUT/STDERR and forward signals", "a"),
    detachKeysOption,
    flag("interactive", "Attach container's STDIN", "i"),
  ];

  async run(context: CommandContext): Promise<number> {
    this.require(context, 1, orMore);
    const { host, arguments: names } = context;
    const values = this.values(context);
    const interactive = values.flag("interactive");
    const attach = values.flag("attach") || interactive;
    const keys = new DetachKeys(values.text("detach-keys"));
    if (attach && names.length > 1) throw new UsageError("you cannot start and attach multiple containers at once", 1);
    const { containers } = await this.connect();
    if (attach) return startAttached(containers, names[0]!, { interactive, keys }, host);
    return actOnEach(host, names, (name) => containers.start(name));
  }
}

async function startAttached(
  containers: Containers,
  name: string,
  { interactive, keys }: { interactive: boolean; keys: DetachKeys },
  host: CommandHost,
): Promise<number> {
  const { id, config, hostConfig, state } = await containers.inspect(name);
  if (state.status === "running") throw new UsageError("you cannot attach to a running container by start", 1);
  const streams = { stdin: interactive && config.openStdin, stdout: true, stderr: true };
  const attachment = await containers.attach(id, { stdin: streams.stdin, detachKeys: keys.text });
  const exit = containers.wait(id, hostConfig.autoRemove ? "removed" : "next-exit");
  exit.catch(() => {});
  const session = {
    host,
    attachment,
    streams,
    detachKeys: keys,
    kill: (signal: string) => containers.kill(id, signal),
    resize: (size: { rows: number; columns: number }) => containers.resize(id, size),
  };
  const end = await runSession(session, () => containers.start(id));
  if (end !== "ended") return end === "detached" ? 0 : 1;
  return (await exit).exitCode;
}
