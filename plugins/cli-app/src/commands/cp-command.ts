import type { CommandContext, CommandOption } from "@gantry/core";

import type { ConnectedEngine } from "../connected-engine.ts";
import { interruptible } from "../interruption.ts";
import { flag } from "../parsing/option-specs.ts";
import { UsageError } from "../parsing/usage-error.ts";
import { type CopyOptions, copyIn, copyOut } from "../run/copy-files.ts";
import { EngineCommand } from "./engine-command.ts";

export class CpCommand extends EngineCommand {
  readonly path = ["cp"];
  override readonly aliases = [["container", "cp"]];
  readonly summary = "Copy files/folders between a container and the local filesystem";
  readonly synopsis =
    "[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-\n        docker cp [OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH\n        docker cp IMAGE NAME";
  override readonly options: readonly CommandOption[] = [
    flag("archive", "Archive mode (copy all uid/gid information)", "a"),
    flag("follow-link", "Always follow symbol link in SRC_PATH", "L"),
    flag("quiet", "Suppress progress output during copy: there is none", "q"),
  ];

  async run(context: CommandContext): Promise<number> {
    this.require(context, 2);
    const { host, arguments: words } = context;
    const [source, destination] = words.map(splitPlace) as [Place, Place];
    const values = this.values(context);
    if (source.container !== undefined && destination.container !== undefined) {
      throw new UsageError("copying between containers is not supported", 1);
    }
    const engine = await this.connect();
    if (source.container === undefined && destination.container === undefined) {
      return this.#copyImage(engine, context, source.path, destination.path);
    }
    await interruptible(host, async (signal) => {
      const options: CopyOptions = {
        host,
        containers: engine.containers,
        keepOwners: values.flag("archive"),
        followLink: values.flag("follow-link"),
        signal,
      };
      if (source.container !== undefined) await copyOut(options, source.container, source.path, destination.path);
      else await copyIn(options, source.path, destination.container!, destination.path);
    });
    return 0;
  }

  /**
   * `cp IMAGE NAME` of 2013: another name for an image. Only where nothing else can be meant: the first word is an image and no
   * file, the second no path.
   */
  async #copyImage(
    { images }: ConnectedEngine,
    { host }: CommandContext,
    source: string,
    name: string,
  ): Promise<number> {
    const plain = /^[a-z0-9]/.test(name) && !name.includes("/") && source !== "-";
    if (!plain || (await host.files.kind(source)) !== undefined || !(await images.has(source))) {
      throw new UsageError("must specify at least one container source", 1);
    }
    await images.tag(source, name);
    await host.stdout.write(`${(await images.inspect(name)).record.id}\n`);
    return 0;
  }
}

interface Place {
  container?: string;
  path: string;
}

/** `CONTAINER:PATH`; a word that begins with `.` or `/` is a path of the caller's, colons or not. */
function splitPlace(word: string): Place {
  if (word.startsWith(".") || word.startsWith("/")) return { path: word };
  const colon = word.indexOf(":");
  return colon === -1 ? { path: word } : { container: word.slice(0, colon), path: word.slice(colon + 1) };
}
