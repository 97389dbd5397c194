import { EngineError, type TreeChange } from "@gantry/core";

import { type FlagDefinition } from "../text/go-flags.ts";
import { imageId } from "../text/identifiers.ts";
import { type RcliCall, type RcliCommand, atLeast } from "./rcli-command.ts";
import { joined } from "./streams.ts";

/** The whole of one stream, then the whole of the other. */
export class LogsCommand implements RcliCommand {
  readonly name = "logs";
  readonly signature = "[OPTIONS] CONTAINER";
  readonly description = "Fetch the logs of a container";
  readonly flags = [];
  readonly reads = true;

  async *run(call: RcliCall): AsyncGenerator<Uint8Array> {
    const [container] = atLeast(call, 1);
    const { containers } = call.engine;
    for (const stream of ["stdout", "stderr"]) {
      const query = { stdout: stream === "stdout", stderr: stream === "stderr", signal: call.signal };
      for await (const { data } of containers.logs(container!, query)) yield data;
    }
  }
}

/** The streams from now on, mixed, for as many clients as ask; it ends with them. */
export class AttachCommand implements RcliCommand {
  readonly name = "attach";
  readonly signature = "[OPTIONS] CONTAINER";
  readonly description = "Attach to a running container";
  readonly flags: readonly FlagDefinition[] = [
    { name: "e", type: "boolean", default: true, usage: "Attach to stderr" },
    { name: "i", type: "boolean", default: false, usage: "Attach to stdin" },
    { name: "o", type: "boolean", default: true, usage: "Attach to stdout" },
  ];

  async *run(call: RcliCall): AsyncGenerator<Uint8Array> {
    const [container] = atLeast(call, 1);
    const { containers } = call.engine;
    const { state } = await containers.inspect(container!);
    // An attachment made now would wait for the next start.
    if (!["running", "paused"].includes(state.status)) return;
    const attachment = await containers.attach(container!, { stdin: call.flags.on("i") });
    const streams = { stdin: call.flags.on("i"), stdout: call.flags.on("o"), stderr: call.flags.on("e") };
    yield* joined(call, attachment, streams);
  }
}

const letters: Readonly<Record<TreeChange["kind"], string>> = { added: "A", modified: "C", deleted: "D" };

/** One change a line: `A /added`, `C /changed`, `D /deleted`. */
export class DiffCommand implements RcliCommand {
  readonly name = "diff";
  readonly signature = "CONTAINER [OPTIONS]";
  readonly description = "Inspect changes on a container's filesystem";
  readonly flags = [];
  readonly reads = true;

  async *run(call: RcliCall): AsyncGenerator<string> {
    const [container] = atLeast(call, 1);
    for await (const { kind, path } of call.engine.containers.changes(container!, { signal: call.signal })) {
      yield `${letters[kind]} ${path}\n`;
    }
  }
}

/** Prints the id of the new image. */
export class CommitCommand implements RcliCommand {
  readonly name = "commit";
  readonly signature = "[OPTIONS] CONTAINER DEST";
  readonly description = "Create a new image from a container's changes";
  readonly flags = [];

  async *run(call: RcliCall): AsyncGenerator<string> {
    const [container, name] = atLeast(call, 2);
    const { id } = await call.engine.containers.commit(container!, { reference: name! });
    yield `${imageId(name!, id)}\n`;
  }
}

/** The merged root, of a container that runs or does not. */
export class TarCommand implements RcliCommand {
  readonly name = "tar";
  readonly signature = "CONTAINER";
  readonly description = "Stream the contents of a container as a tar archive";
  readonly flags: readonly FlagDefinition[] = [
    { name: "s", type: "boolean", default: false, usage: "Generate a sparse tar stream" },
  ];
  readonly reads = true;

  async *run(call: RcliCall): AsyncGenerator<Uint8Array> {
    const [container] = atLeast(call, 1);
    if (call.flags.on("s")) throw new EngineError("unsupported", "Sparse mode not yet implemented");
    yield* call.engine.containers.export(container!, { signal: call.signal });
  }
}
