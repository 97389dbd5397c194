import { randomBytes } from "node:crypto";

import { EngineError, isEngineError } from "@gantry/core";
import type { CallOptions, Volume, VolumeDriver } from "@gantry/core";
import { diskUsage } from "@gantry/files";

import type { ContainerRecord } from "../containers/container-record.ts";
import { conflict, invalidArgument, notFound } from "../engine-errors.ts";
import type { VolumeEvents } from "../events/volume-events.ts";
import type { Filters } from "../face/container-verbs.ts";
import type { CreateVolume, Volumes } from "../face/volumes.ts";
import { booleanFilter, hasLabel, pruneFilter } from "../filters/prune-filter.ts";

/** Marks a volume that nobody gave a name. */
export const anonymousLabel = "com.docker.volume.anonymous";

export interface LocalVolumesParts {
  driver: VolumeDriver | undefined;
  /** Every container, also one that is being created. */
  containers: () => readonly ContainerRecord[];
  events: VolumeEvents;
}

/** The verbs of volumes. A volume is in use as long as a container has it, whether or not that runs. */
export class LocalVolumes implements Volumes {
  readonly #parts: LocalVolumesParts;

  constructor(parts: LocalVolumesParts) {
    this.#parts = parts;
  }

  async create(options: CreateVolume, call: CallOptions = {}): Promise<Volume> {
    const driver = this.#driver();
    const { name = "", labels = {}, driverOptions = {} } = options;
    if (options.driver && options.driver !== driver.name) {
      throw notFound(`error looking up volume plugin ${options.driver}: plugin "${options.driver}" not found`, {
        driver: options.driver,
      });
    }
    if (name === "") {
      const made = randomBytes(32).toString("hex");
      return this.#create(made, { labels: { ...labels, [anonymousLabel]: "" }, driverOptions }, call);
    }
    checkName(name);
    return (await driver.get(name, call)) ?? this.#create(name, { labels, driverOptions }, call);
  }

  async #create(name: string, options: Parameters<VolumeDriver["create"]>[1], call: CallOptions): Promise<Volume> {
    const driver = this.#driver();
    const volume = await driver.create(name, options, call);
    this.#parts.events.emit("create", name);
    return volume;
  }

  async inspect(name: string, call: CallOptions = {}): Promise<Volume> {
    const volume = isName(name) ? await this.#parts.driver?.get(name, call) : undefined;
    if (volume === undefined) throw notFound(`get ${name}: no such volume`, { volume: name });
    return volume;
  }

  /** By `name` (a part of it), `label`, `dangling`, `driver`. */
  async list(filters: Filters = {}, call: CallOptions = {}): Promise<readonly Volume[]> {
    const { driver } = this.#parts;
    for (const name of Object.keys(filters)) {
      if (!["name", "label", "dangling", "driver"].includes(name))
        throw invalidArgument(`invalid filter '${name}'`, { filter: name });
    }
    const dangling = filters["dangling"] === undefined ? undefined : booleanFilter(filters, "dangling", true);
    const { name: names, label: labels = [], driver: drivers } = filters;
    const volumes: Volume[] = [];
    if (driver === undefined || (drivers && !drivers.includes(driver.name))) return volumes;
    for await (const volume of driver.list(call)) {
      if (names && !names.some((part) => volume.name.includes(part))) continue;
      if (!labels.every((label) => hasLabel(volume.labels, label))) continue;
      if (dangling !== undefined && (this.users(volume.name).length === 0) !== dangling) continue;
      volumes.push(volume);
    }
    return volumes;
  }

  async remove(name: string, { force = false }: { force?: boolean } = {}, call: CallOptions = {}): Promise<void> {
    try {
      await this.inspect(name, call);
      const users = this.users(name);
      if (users.length > 0) throw inUse(name, users);
      await this.#driver().remove(name, call);
    } catch (thrown) {
      if (force && isEngineError(thrown, "not-found")) return;
      if (isEngineError(thrown, "conflict") && "user" in thrown.details)
        throw inUse(name, [String(thrown.details["user"])]);
      throw thrown;
    }
    this.#parts.events.emit("destroy", name);
  }

  async prune(
    filters: Filters = {},
    call: CallOptions = {},
  ): Promise<{ deleted: readonly string[]; reclaimedBytes: number }> {
    const all = booleanFilter(filters, "all", false);
    if (filters["until"] !== undefined) throw invalidArgument("invalid filter 'until'", { filter: "until" });
    const wanted = pruneFilter(filters, ["all"]);
    const deleted: string[] = [];
    let reclaimedBytes = 0;
    for (const { name, labels, mountpoint, createdAt } of await this.list({}, call)) {
      if (!all && !Object.hasOwn(labels, anonymousLabel)) continue;
      if (this.users(name).length > 0 || !wanted({ labels, createdAt: createdAt.toISOString() })) continue;
      const { bytes } = await diskUsage(mountpoint, call.signal);
      try {
        await this.remove(name, {}, call);
      } catch (thrown) {
        // Taken or removed by somebody else meanwhile.
        if (!isEngineError(thrown, "conflict") && !isEngineError(thrown, "not-found")) throw thrown;
        continue;
      }
      deleted.push(name);
      reclaimedBytes += bytes;
    }
    this.#parts.events.pruned(reclaimedBytes);
    return { deleted, reclaimedBytes };
  }

  /** Ids of the containers that have a volume. */
  users(name: string): readonly string[] {
    return this.#parts
      .containers()
      .filter(({ mounts }) => mounts.some(({ type, source }) => type === "volume" && source === name))
      .map(({ id }) => id);
  }

  #driver(): VolumeDriver {
    if (this.#parts.driver !== undefined) return this.#parts.driver;
    throw new EngineError("unsupported", "no plugin provides volumes: add a volume driver, or bind a host directory");
  }
}

function isName(name: string): boolean {
  return /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}$/.test(name);
}

function checkName(name: string): void {
  if (name.length === 1) {
    throw invalidArgument(
      `create ${name}: volume name is too short, names should be at least two alphanumeric characters`,
    );
  }
  if (isName(name)) return;
  throw invalidArgument(
    `create ${name}: ${JSON.stringify(name)} includes invalid characters for a local volume name, only ` +
      '"[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path',
    { field: "name" },
  );
}

function inUse(name: string, users: readonly string[]): EngineError {
  return conflict(`remove ${name}: volume is in use - [${users.join(", ")}]`, { volume: name });
}
