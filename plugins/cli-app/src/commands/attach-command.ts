import type { CommandContext, CommandOption } from "@gantry/core";

import { flag } from "../parsing/option-specs.ts";
import { UsageError } from "../parsing/usage-error.ts";
import { runSession } from "../session/container-session.ts";
import { DetachKeys, detachKeysOption } from "../session/detach-keys.ts";
import { EngineCommand } from "./engine-command.ts";

const refusals: Readonly<Record<string, string>> = {
  paused: "cannot attach to a paused container, unpause it first",
  restarting: "cannot attach to a restarting container, wait until it is running",
};

export class AttachCommand extends EngineCommand {
  readonly path = ["attach"];
  override readonly aliases = [["container", "attach"]];
  readonly summary = "Attach local standard input, output, and error streams to a running container";
  readonly synopsis = "[OPTIONS] CONTAINER";
  override readonly options: readonly CommandOption[] = [
    detachKeysOption,
    flag("no-stdin", "Do not attach STDIN"),
    { ...flag("sig-proxy", "Proxy all received signals to the process"), default: true },
  ];

  async run(context: CommandContext): Promise<number> {
    this.require(context, 1);
    const { host, arguments: names } = context;
    const values = this.values(context);
    const detachKeys = new DetachKeys(values.text("detach-keys"));
    const { containers } = await this.connect();
    const { id, config, state } = await containers.inspect(names[0]!);
    if (state.status !== "running") {
      throw new UsageError(refusals[state.status] ?? "cannot attach to a stopped container, start it first", 1);
    }
    const streams = { stdin: config.openStdin && !values.flag("no-stdin"), stdout: true, stderr: true };
    if (config.terminal && streams.stdin && !host.stdin.isTerminal) {
      throw new UsageError("the input device is not a TTY: use --no-stdin", 1);
    }
    const exit = containers.wait(id, "not-running");
    exit.catch(() => {});
    const attachment = await containers.attach(id, { stdin: streams.stdin, detachKeys: detachKeys.text });
    const end = await runSession(
      {
        host,
        attachment,
        streams,
        detachKeys,
        kill: values.flag("sig-proxy") ? (signal) => containers.kill(id, signal) : undefined,
        resize: (size) => containers.resize(id, size),
      },
      async () => {},
    );
    if (end !== "ended") return end === "detached" ? 0 : 1;
    return (await exit).exitCode;
  }
}
