import { readdir, rm } from "node:fs/promises";

import { isEngineError } from "@gantry/core";
import type { CallOptions, IsolatedContainer, IsolatedProcess, ProcessSpec, StorageDriver } from "@gantry/core";

import type { ContainerPaths } from "../containers/container-paths.ts";
import type { ContainerRecord } from "../containers/container-record.ts";
import type { ContainerUsers } from "../containers/container-users.ts";
import type { CreateExec } from "../face/execs.ts";
import { boundingSet, capabilitySets } from "../spec/capabilities.ts";
import { processEnvironment } from "../spec/environment.ts";
import type { ResolvedUser } from "../spec/resolve-user.ts";
import { parseSecurityOptions } from "../spec/security-options.ts";
import { resourceLimits } from "../spec/ulimits.ts";

export interface LaunchOptions extends CallOptions {
  /** Bytes of output that are kept for a reader. */
  outputLimit?: number;
}

/** Prepares further processes in running containers. Each keeps its records beneath its container's directory. */
export class ExecLauncher {
  readonly #storage: StorageDriver;
  readonly #users: ContainerUsers;
  readonly #paths: ContainerPaths;

  constructor(storage: StorageDriver, users: ContainerUsers, paths: ContainerPaths) {
    this.#storage = storage;
    this.#users = users;
    this.#paths = paths;
  }

  /** A process that is ready to be started. */
  async prepare(
    container: ContainerRecord,
    isolated: IsolatedContainer,
    exec: CreateExec & { id: string },
    options: LaunchOptions = {},
  ): Promise<IsolatedProcess> {
    const root = await this.#storage.mounts(container.id, options);
    const user = await this.#users.resolve(container, exec.user || container.config.user, root, options);
    return isolated.exec(exec.id, execProcess(container, exec, user), {
      ...options,
      stateDirectory: this.#paths.exec(container.id, exec.id),
      openStdin: exec.openStdin ?? false,
    });
  }

  /** The processes of a container that an earlier engine has left, by their ids. */
  async left(id: string, isolated: IsolatedContainer): Promise<ReadonlyMap<string, IsolatedProcess>> {
    const found = new Map<string, IsolatedProcess>();
    for (const execId of await namesIn(this.#paths.execs(id))) {
      try {
        found.set(execId, await isolated.loadExec(execId, { stateDirectory: this.#paths.exec(id, execId) }));
      } catch (thrown) {
        if (!isEngineError(thrown, "not-found")) throw thrown;
      }
    }
    return found;
  }

  /** Ends all of them, and removes what they have left. Repeatable. */
  async release(id: string, isolated: IsolatedContainer | undefined): Promise<void> {
    if (isolated !== undefined) for (const process of (await this.left(id, isolated)).values()) await process.delete();
    await rm(this.#paths.execs(id), { recursive: true, force: true });
  }
}

/** What is the container's own is the exec's too, but for what was asked for. */
export function execProcess(
  { config, hostConfig }: Pick<ContainerRecord, "config" | "hostConfig">,
  exec: CreateExec,
  { home, ...user }: ResolvedUser,
): ProcessSpec {
  const privileged = hostConfig.privileged || (exec.privileged ?? false);
  const bounding = boundingSet({ add: hostConfig.capabilitiesAdd, drop: hostConfig.capabilitiesDrop, privileged });
  const terminal = exec.terminal ?? false;
  return {
    args: exec.command,
    env: processEnvironment({ env: [...config.env, ...(exec.env ?? [])], hostname: config.hostname, terminal, home }),
    cwd: exec.workingDirectory || config.workingDirectory || "/",
    user,
    capabilities: capabilitySets(bounding, user.uid),
    rlimits: resourceLimits(hostConfig.ulimits),
    noNewPrivileges: parseSecurityOptions(hostConfig.securityOptions).noNewPrivileges,
    terminal,
    ...(exec.consoleSize === undefined ? {} : { consoleSize: exec.consoleSize }),
    ...(hostConfig.oomScoreAdj === 0 ? {} : { oomScoreAdj: hostConfig.oomScoreAdj }),
  };
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw thrown;
  }
}
