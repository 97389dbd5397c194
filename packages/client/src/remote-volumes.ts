import type { CallOptions, Volume } from "@gantry/core";
import type { CreateVolume, Filters, Volumes } from "@gantry/engine";

import { defined } from "./shapes/defined.ts";
import { type VolumeJson, volume } from "./shapes/system-shapes.ts";
import type { ApiClient } from "./wire/api-client.ts";
import { filterParameter, namePart } from "./wire/query-string.ts";

/** The volumes of an engine behind the API. */
export class RemoteVolumes implements Volumes {
  readonly #api: ApiClient;

  constructor(api: ApiClient) {
    this.#api = api;
  }

  async create({ name, driver, labels, driverOptions }: CreateVolume, call?: CallOptions): Promise<Volume> {
    const json = defined({ Name: name, Driver: driver, Labels: labels, DriverOpts: driverOptions });
    return volume(await this.#api.json<VolumeJson>({ method: "POST", path: "/volumes/create", json }, call));
  }

  async inspect(name: string, call?: CallOptions): Promise<Volume> {
    return volume(await this.#api.json<VolumeJson>({ method: "GET", path: volumePath(name) }, call));
  }

  async list(filters?: Filters, call?: CallOptions): Promise<readonly Volume[]> {
    const query = { filters: filterParameter(filters) };
    const list = await this.#api.json<{ Volumes?: readonly VolumeJson[] | null }>(
      { method: "GET", path: "/volumes", query },
      call,
    );
    return (list.Volumes ?? []).map(volume);
  }

  async remove(name: string, { force }: { force?: boolean } = {}, call?: CallOptions): Promise<void> {
    await this.#api.run({ method: "DELETE", path: volumePath(name), query: { force } }, call);
  }

  async prune(filters?: Filters, call?: CallOptions) {
    const query = { filters: filterParameter(filters) };
    const pruned = await this.#api.json<{ VolumesDeleted?: readonly string[] | null; SpaceReclaimed?: number }>(
      { method: "POST", path: "/volumes/prune", query },
      call,
    );
    return { deleted: pruned.VolumesDeleted ?? [], reclaimedBytes: pruned.SpaceReclaimed ?? 0 };
  }
}

function volumePath(name: string): string {
  return `/volumes/${namePart(name)}`;
}
