import type { CommandContext, CommandHost, CommandOption } from "@gantry/core";
import type { Attachment, CreateExec } from "@gantry/engine";

import type { ConnectedEngine } from "../connected-engine.ts";
import { flag, list, value } from "../parsing/option-specs.ts";
import type { OptionValues } from "../parsing/option-values.ts";
import { UsageError } from "../parsing/usage-error.ts";
import { present } from "../run/present.ts";
import { environmentOf } from "../run/run-plan.ts";
import { startStatus } from "../run/start-status.ts";
import { runSession } from "../session/container-session.ts";
import { DetachKeys, detachKeysOption } from "../session/detach-keys.ts";
import { EngineCommand, orMore } from "./engine-command.ts";

/** What `startStatus` gives when it knows nothing of the program. */
const engineFailure = 125;

export class ExecCommand extends EngineCommand {
  readonly path = ["exec"];
  override readonly aliases = [["container", "exec"]];
  readonly summary = "Execute a command in a running container";
  readonly synopsis = "[OPTIONS] CONTAINER COMMAND [ARG...]";
  readonly stopAtFirstArgument = true;
  override readonly options: readonly CommandOption[] = [
    flag("detach", "Detached mode: run command in the background", "d"),
    detachKeysOption,
    list("env", "Set environment variables", "e"),
    list("env-file", "Read in a file of environment variables"),
    flag("interactive", "Keep STDIN open even if not attached", "i"),
    flag("privileged", "Give extended privileges to the command"),
    flag("tty", "Allocate a pseudo-TTY", "t"),
    value("user", "string", 'Username or UID (format: "<name|uid>[:<group|gid>]")', "u"),
    value("workdir", "string", "Working directory inside the container", "w"),
  ];

  async run(context: CommandContext): Promise<number> {
    this.require(context, 2, orMore);
    const { host, arguments: words } = context;
    const [container, ...command] = words;
    const values = this.values(context);
    const detach = values.flag("detach");
    const detachKeys = new DetachKeys(values.text("detach-keys"));
    const asked = await createOptions(values, host, command, detach);
    const engine = await this.connect();
    const { id } = await engine.execs.create(container!, { ...asked, detachKeys: detachKeys.text });
    try {
      const attachment = await engine.execs.start(id, { detach, ...present({ consoleSize: asked.consoleSize }) });
      if (detach) return 0;
      return await attached(engine, host, { id, attachment, stdin: asked.openStdin === true, detachKeys });
    } catch (error) {
      const status = startStatus(error);
      if (status === engineFailure) throw error;
      await host.stderr.write(`docker: ${(error as Error).message}\n`);
      return status;
    }
  }
}

async function createOptions(
  values: OptionValues,
  host: CommandHost,
  command: readonly string[],
  detach: boolean,
): Promise<CreateExec> {
  const terminal = values.flag("tty");
  const openStdin = values.flag("interactive") && !detach;
  if (terminal && openStdin && !host.stdin.isTerminal) {
    throw new UsageError("the input device is not a TTY: leave -t out, or -i", 1);
  }
  return {
    command,
    env: await environmentOf(values, host),
    terminal,
    openStdin,
    attachStdout: !detach,
    attachStderr: !detach,
    privileged: values.flag("privileged"),
    ...present({
      user: values.text("user"),
      workingDirectory: values.text("workdir"),
      consoleSize: terminal ? host.stdout.size() : undefined,
    }),
  };
}

async function attached(
  engine: ConnectedEngine,
  host: CommandHost,
  { id, attachment, stdin, detachKeys }: { id: string; attachment: Attachment; stdin: boolean; detachKeys: DetachKeys },
): Promise<number> {
  const session = {
    host,
    attachment,
    streams: { stdin, stdout: true, stderr: true },
    detachKeys,
    resize: (size: { rows: number; columns: number }) => engine.execs.resize(id, size),
  };
  if ((await runSession(session, async () => {})) !== "ended") return 0;
  return (await engine.execs.inspect(id)).exitCode ?? 0;
}
