import { EngineError, isEngineError } from "@gantry/core";
import type { ContainerRecord, ImageDetails } from "@gantry/engine";

import type { FlagDefinition } from "../text/go-flags.ts";
import { containerId, imageId, imageName, nameless, resolveImage } from "../text/identifiers.ts";
import { type RcliCall, type RcliCommand, atLeast } from "./rcli-command.ts";

/** The version of what is spoken here: the protocol and the commands. */
const version = "0.0.1";

/** Three lines, counted over everything that the engine has. */
export class InfoCommand implements RcliCommand {
  readonly name = "info";
  readonly signature = "";
  readonly description = "Display system-wide information.";
  readonly flags = [];
  readonly reads = true;

  async *run({ engine }: RcliCall): AsyncGenerator<string> {
    const { containers, images } = await engine.info();
    yield `containers: ${containers.total}\nversion: ${version}\nimages: ${images}\n`;
  }
}

/** Indented JSON of a container or, where there is none of that name, of an image. */
export class InspectCommand implements RcliCommand {
  readonly name = "inspect";
  readonly signature = "[OPTIONS] CONTAINER";
  readonly description = "Return low-level information on a container";
  readonly flags = [];
  readonly reads = true;

  async *run(call: RcliCall): AsyncGenerator<string> {
    const [name] = atLeast(call, 1);
    yield `${JSON.stringify(await this.#find(call, name!), undefined, 4)}\n`;
  }

  async #find({ engine }: RcliCall, name: string): Promise<object> {
    try {
      return containerStruct(await engine.containers.inspect(name));
    } catch (thrown) {
      if (!isEngineError(thrown, "not-found")) throw thrown;
    }
    try {
      return imageStruct(await engine.images.inspect(await resolveImage(engine, name)));
    } catch (thrown) {
      if (!isEngineError(thrown, "not-found")) throw thrown;
      throw new EngineError("not-found", `No such container or image: ${name}`, { cause: thrown });
    }
  }
}

/** The fields of 2013, as far as they still mean something. */
function containerStruct({ id, createdAt, path, args, config, hostConfig, state, image }: ContainerRecord): object {
  return {
    Id: containerId(id),
    Created: createdAt,
    Path: path,
    Args: args,
    Config: {
      Hostname: config.hostname,
      User: config.user,
      Ram: hostConfig.resources.memory ?? 0,
      Tty: config.terminal,
      OpenStdin: config.openStdin,
    },
    State: {
      Running: state.status === "running" || state.status === "paused",
      Pid: state.pid,
      ExitCode: state.exitCode,
      StartedAt: state.startedAt ?? "0001-01-01T00:00:00Z",
    },
    Image: image,
  };
}

function imageStruct({ record, tags, parent }: ImageDetails): object {
  return {
    Id: imageId(imageName(tags[0] ?? nameless), record.id),
    // The top first, as the union file system named them.
    Layers: record.layers.map(({ chainId }) => chainId).toReversed(),
    Created: record.createdAt,
    Parent: parent,
  };
}

/** The page itself, so that it can be kept in a file; with `-u` where it is served. */
export class WebCommand implements RcliCommand {
  readonly name = "web";
  readonly signature = "[OPTIONS]";
  readonly description = "A web UI for docker";
  readonly flags: readonly FlagDefinition[] = [
    { name: "u", type: "boolean", default: false, usage: "Return the URL of the web UI" },
  ];
  readonly reads = true;

  async *run({ web, flags }: RcliCall): AsyncGenerator<string> {
    if (web === undefined) throw new EngineError("unsupported", "this daemon has no web terminal");
    if (!flags.on("u")) {
      yield web.page;
      return;
    }
    if (web.url !== undefined) yield `${web.url}\n`;
    else throw new EngineError("unavailable", "the web terminal is off: start dockerd with -H web://127.0.0.1:8080");
  }
}

/** Sends the input back: a test of the protocol. */
export class MirrorCommand implements RcliCommand {
  readonly name = "mirror";
  readonly signature = "[OPTIONS]";
  readonly description = "Send the standard input back";
  readonly flags = [];

  run({ stdin }: RcliCall): AsyncIterable<Uint8Array> {
    return stdin;
  }
}
