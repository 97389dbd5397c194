import { isEngineError, messageOf } from "@gantry/core";

import { containerId } from "../text/identifiers.ts";
import { EachArgument } from "./each-argument.ts";
import type { RcliCall, RcliEngine } from "./rcli-command.ts";

/** Seconds from SIGTERM to SIGKILL. */
const grace = 10;

/** Prints one exit code a line, each when its container has stopped. */
export class WaitCommand extends EachArgument {
  readonly name = "wait";
  readonly description = "Block until a container stops, then print its exit code.";

  async each(reference: string, { engine, signal }: RcliCall): Promise<string> {
    return String((await engine.containers.wait(reference, "not-running", { signal })).exitCode);
  }
}

/** Prints the ids of what it stopped; that it had stopped before is no error. */
export class StopCommand extends EachArgument {
  readonly name = "stop";
  readonly description = "Stop a running container";

  async each(reference: string, { engine }: RcliCall): Promise<string> {
    const { id } = await engine.containers.inspect(reference);
    await stop(engine, id);
    return containerId(id);
  }
}

/** Prints the ids of what runs now. */
export class StartCommand extends EachArgument {
  readonly name = "start";
  readonly description = "Start a stopped container";

  async each(reference: string, { engine }: RcliCall): Promise<string> {
    const { id } = await engine.containers.inspect(reference);
    await unlessSo(engine.containers.start(id));
    return containerId(id);
  }
}

/** Prints the ids of what runs again. */
export class RestartCommand extends EachArgument {
  readonly name = "restart";
  readonly description = "Restart a running container";

  async each(reference: string, { engine }: RcliCall): Promise<string> {
    const { id } = await engine.containers.inspect(reference);
    await engine.containers.restart(id, { timeout: grace });
    return containerId(id);
  }
}

/** Ends the program at once and keeps the container. */
export class KillCommand extends EachArgument {
  readonly name = "kill";
  override readonly signature = "[OPTIONS] CONTAINER [CONTAINER...]";
  readonly description = "Kill a running container";

  async each(reference: string, { engine }: RcliCall): Promise<undefined> {
    await engine.containers.kill(reference, "SIGKILL");
  }
}

/** Stops before it removes. Prints nothing but what it could not destroy, and goes on with the next one. */
export class RmCommand extends EachArgument {
  readonly name = "rm";
  override readonly signature = "[OPTIONS] CONTAINER [CONTAINER...]";
  readonly description = "Remove a container";

  async each(reference: string, { engine }: RcliCall): Promise<string | undefined> {
    const { id } = await engine.containers.inspect(reference);
    try {
      await stop(engine, id);
      await engine.containers.remove(id, { volumes: true });
      return undefined;
    } catch (thrown) {
      return `Error destroying container ${reference}: ${messageOf(thrown)}`;
    }
  }
}

function stop({ containers }: RcliEngine, id: string): Promise<void> {
  return unlessSo(containers.stop(id, { timeout: grace }));
}

/** What is so already was no error. */
async function unlessSo(change: Promise<void>): Promise<void> {
  try {
    await change;
  } catch (thrown) {
    if (!isEngineError(thrown, "not-modified")) throw thrown;
  }
}
