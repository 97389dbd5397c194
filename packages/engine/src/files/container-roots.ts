import { lstat, open } from "node:fs/promises";
import path from "node:path";

import type { CallOptions, FileTree, StorageDriver, TreeMetadata, VolumeDriver } from "@gantry/core";
import { errnoOf } from "@gantry/files";

import type { ContainerLifecycle } from "../containers/container-lifecycle.ts";
import type { ContainerPaths } from "../containers/container-paths.ts";
import type { ContainerRecord } from "../containers/container-record.ts";
import type { ContainerRun } from "../containers/container-run.ts";
import { notFound } from "../engine-errors.ts";
import type { HostDirectory, HostMounts } from "../host-mounts.ts";
import { now } from "../timestamps.ts";
import { readOnlyMounts } from "./read-only-mounts.ts";
import { resolveBeneath } from "./resolve-beneath.ts";

export interface ContainerRootsParts {
  storage: StorageDriver;
  volumes: VolumeDriver | undefined;
  mounts: HostMounts;
  lifecycle: ContainerLifecycle;
  paths: ContainerPaths;
}

interface Placement {
  source: string;
  destination: string;
  readonly: boolean;
  directory: boolean;
}

const generatedFiles = ["hostname", "hosts", "resolv.conf"] as const;

/**
 * Host directories that show a container's files as the container sees them, with its volumes and bound directories in their
 * places: of a running container its own root, of any other one that is put together for the moment.
 */
export class ContainerRoots {
  readonly #parts: ContainerRootsParts;

  constructor(parts: ContainerRootsParts) {
    this.#parts = parts;
  }

  /** To be looked at. */
  look(tree: FileTree, container: ContainerRecord, call: CallOptions): Promise<HostDirectory> {
    return this.#look(tree, container, true, call);
  }

  /** @param make whether mount points that are missing are made, or else left out with what belongs there */
  async #look(tree: FileTree, container: ContainerRecord, make: boolean, call: CallOptions): Promise<HostDirectory> {
    const own = await this.#ownRoot(container);
    if (own !== undefined) return own;
    const placements = await this.#placements(container, call);
    const mounts = readOnlyMounts(await this.#parts.storage.mounts(container.id, call));
    if (placements.length === 0) return this.#parts.mounts.look(mounts, call);
    const root = await this.#parts.mounts.mount(mounts, call);
    try {
      const missing = await this.#place(tree, root.path, placements, false, call);
      if (missing.length === 0 || !make) return root;
    } catch (thrown) {
      await root[Symbol.asyncDispose]();
      throw thrown;
    }
    // It never ran: its mount points are made now.
    await root[Symbol.asyncDispose]();
    await this.#parts.lifecycle.change(container.id, async () => {
      if (this.#parts.lifecycle.running(container.id) !== undefined) return;
      await using _made = await this.#writable(tree, container, placements, call);
    });
    return this.#look(tree, container, false, call);
  }

  /**
   * Lets `work` write into the root. A container that does not run is not started meanwhile.
   * Errors: `not-found` when there is no such container any more.
   */
  async write(
    tree: FileTree,
    container: ContainerRecord,
    call: CallOptions,
    work: (root: string) => Promise<void>,
  ): Promise<void> {
    const own = await this.#ownRoot(container);
    if (own !== undefined) {
      await using root = own;
      return await work(root.path);
    }
    let there = false;
    await this.#parts.lifecycle.change(container.id, async () => {
      there = true;
      // It was started before its turn came.
      await using root =
        (await this.#ownRoot(container)) ??
        (await this.#writable(tree, container, await this.#placements(container, call), call));
      await work(root.path);
    });
    if (!there) throw notFound(`No such container: ${container.id}`, { container: container.id });
  }

  /**
   * The root of a running container's first process. It is held by a descriptor, and the process is asked for after that was
   * opened: its number cannot be another's by now.
   */
  async #ownRoot({ id }: ContainerRecord): Promise<HostDirectory | undefined> {
    const run = this.#parts.lifecycle.running(id);
    if (run?.isolated.pid === undefined) return undefined;
    const handle = await open(`/proc/${run.isolated.pid}/root`).catch((thrown: unknown) => {
      if (errnoOf(thrown) === "ENOENT" || errnoOf(thrown) === "ESRCH") return undefined;
      throw thrown;
    });
    if (handle === undefined) return undefined;
    const release = (): Promise<void> => handle.close();
    if (await runs(run)) return { path: `/proc/${process.pid}/fd/${handle.fd}`, [Symbol.asyncDispose]: release };
    await release();
    return undefined;
  }

  async #writable(
    tree: FileTree,
    container: ContainerRecord,
    placements: readonly Placement[],
    call: CallOptions,
  ): Promise<HostDirectory> {
    const mounts = await this.#parts.storage.mounts(container.id, call);
    if (placements.length === 0) return this.#parts.mounts.look(mounts, call);
    const root = await this.#parts.mounts.mount(mounts, call);
    try {
      await this.#place(tree, root.path, placements, true, call);
      return root;
    } catch (thrown) {
      await root[Symbol.asyncDispose]();
      throw thrown;
    }
  }

  /** What is mounted into the container and is there on the host, the outermost first. */
  async #placements(container: ContainerRecord, call: CallOptions): Promise<readonly Placement[]> {
    const { mounts, id } = container;
    const found: Placement[] = [];
    const add = async (source: string | undefined, destination: string, readonly: boolean): Promise<void> => {
      const status = source === undefined ? undefined : await statusOf(source);
      if (status) found.push({ source: source!, destination, readonly, directory: status.isDirectory() });
    };
    for (const { type, source, destination, readonly } of mounts) {
      if (type === "bind") await add(source, destination, readonly);
      if (type === "volume")
        await add((await this.#parts.volumes?.get(source, call))?.mountpoint, destination, readonly);
    }
    for (const name of generatedFiles) {
      const destination = `/etc/${name}`;
      if (!mounts.some((mount) => mount.destination === destination)) {
        await add(this.#parts.paths.file(id, name), destination, false);
      }
    }
    return found.toSorted((left, right) => left.destination.length - right.destination.length);
  }

  /** @returns what has no mount point */
  async #place(
    tree: FileTree,
    root: string,
    placements: readonly Placement[],
    make: boolean,
    call: CallOptions,
  ): Promise<readonly Placement[]> {
    const missing: Placement[] = [];
    for (const placement of placements) {
      const { source, destination, readonly, directory } = placement;
      // Links of the container lead beneath its root, and nobody changes them: it does not run.
      const target = await resolveBeneath(tree, root, destination, { last: true, ...call });
      if ((await tree.lookup(root, target, call)) === undefined) {
        if (!make) {
          missing.push(placement);
          continue;
        }
        await makeMountPoint(tree, root, target, directory, call);
      }
      const options = ["rbind", "rprivate", readonly ? "ro" : "rw"];
      await this.#parts.mounts.mountBeneath([{ type: "bind", source, options }], path.join(root, target), call);
    }
    return missing;
  }
}

async function runs({ isolated }: ContainerRun): Promise<boolean> {
  const state = await isolated.state();
  return state === "running" || state === "paused";
}

async function statusOf(file: string): Promise<Awaited<ReturnType<typeof lstat>> | undefined> {
  try {
    return await lstat(file);
  } catch (thrown) {
    if (errnoOf(thrown) === "ENOENT" || errnoOf(thrown) === "ENOTDIR") return undefined;
    throw thrown;
  }
}

async function makeMountPoint(
  tree: FileTree,
  root: string,
  target: string,
  directory: boolean,
  call: CallOptions,
): Promise<void> {
  const metadata: TreeMetadata = { mode: directory ? 0o755 : 0o644, uid: 0, gid: 0, mtime: now(), xattrs: new Map() };
  const writer = await tree.writer(root, call);
  try {
    await (directory ? writer.directory(target, metadata) : writer.file(target, metadata, 0, nothing()));
    await writer.close();
  } catch (thrown) {
    await writer.abort();
    throw thrown;
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
