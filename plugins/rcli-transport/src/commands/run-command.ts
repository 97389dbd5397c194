import type { FlagDefinition } from "../text/go-flags.ts";
import { containerId, resolveImage } from "../text/identifiers.ts";
import type { RcliCall, RcliCommand } from "./rcli-command.ts";
import { joined } from "./streams.ts";

/** The label that keeps what `run -c` says. */
export const commentLabel = "rcli.comment";

const defaultImage = "base";
const shell = ["/bin/bash", "-i"];

/** Without `-a` prints the new container's id; with it, what the container writes. No image means `base`, no command a shell on a terminal. */
export class RunCommand implements RcliCommand {
  readonly name = "run";
  readonly signature = "[OPTIONS] IMAGE COMMAND [ARG...]";
  readonly description = "Run a command in a container";
  readonly flags: readonly FlagDefinition[] = [
    { name: "a", type: "boolean", default: false, usage: "Attach stdin and stdout" },
    { name: "c", type: "string", default: "", usage: "Comment" },
    { name: "i", type: "boolean", default: false, usage: "Keep stdin open even if not attached" },
    { name: "m", type: "integer", default: 0, usage: "Memory limit (in bytes)" },
    { name: "t", type: "boolean", default: false, usage: "Allocate a pseudo-tty" },
    { name: "u", type: "string", default: "", usage: "Username or uid" },
  ];

  async *run(call: RcliCall): AsyncGenerator<string | Uint8Array> {
    const { containers } = call.engine;
    const [image = defaultImage, ...given] = call.arguments;
    const [user, comment, memory] = [call.flags.text("u"), call.flags.text("c"), call.flags.integer("m")];
    const interactive = given.length === 0;
    const attached = interactive || call.flags.on("a");
    const stdin = interactive || call.flags.on("i");
    const { id } = await containers.create({
      config: {
        image: await resolveImage(call.engine, image),
        // A command line replaced all that was to be run; images had nothing of their own.
        entrypoint: [],
        command: interactive ? shell : given,
        terminal: interactive || call.flags.on("t"),
        openStdin: stdin,
        stdinOnce: stdin && attached,
        ...(user === "" ? {} : { user }),
        ...(comment === "" ? {} : { labels: { [commentLabel]: comment } }),
      },
      ...(memory > 0 ? { hostConfig: { resources: { memory } } } : {}),
    });
    if (!attached) {
      await containers.start(id);
      yield `${containerId(id)}\n`;
      return;
    }
    const attachment = await containers.attach(id);
    try {
      await containers.start(id);
    } catch (thrown) {
      await attachment.close();
      throw thrown;
    }
    yield* joined(call, attachment, { stdin, stdout: true, stderr: true });
  }
}
