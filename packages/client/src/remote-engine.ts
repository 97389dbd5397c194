import { type CallOptions, type Connection, type PluginReport, isEngineError } from "@gantry/core";
import type { DiskUsage, Engine, EngineInfo, Events, Execs, Volumes } from "@gantry/engine";

import { RemoteContainers } from "./remote-containers.ts";
import { RemoteEvents } from "./remote-events.ts";
import { RemoteExecs } from "./remote-execs.ts";
import { RemoteImages } from "./remote-images.ts";
import { RemoteVolumes } from "./remote-volumes.ts";
import { type DiskUsageJson, type InfoJson, diskUsage, engineInfo } from "./shapes/system-shapes.ts";
import { ApiClient } from "./wire/api-client.ts";
import type { QueryParameters } from "./wire/query-string.ts";

/**
 * An engine behind the Docker Engine API, this project's or another: the engine's face over a connection.
 *
 * What the API does not tell is empty or 0: a list's state has no times, an inspected image no blobs. Errors are the engine's own,
 * with its words and the code that the status stands for. Aborting a call closes what it has open.
 */
export class RemoteEngine implements Engine {
  readonly containers: RemoteContainers;
  readonly images: RemoteImages;
  readonly execs: Execs;
  readonly events: Events;
  readonly volumes: Volumes;
  readonly #api: ApiClient;

  private constructor(api: ApiClient) {
    this.#api = api;
    this.containers = new RemoteContainers(api);
    this.images = new RemoteImages(api);
    this.execs = new RemoteExecs(api);
    this.events = new RemoteEvents(api);
    this.volumes = new RemoteVolumes(api);
  }

  /**
   * Makes sure that an engine answers, and agrees with it on a version of the API.
   * @param connection of a transport's `dial`; closed with the engine
   * Errors: `unavailable` when nobody answers, `unsupported` for no engine or a very old one
   */
  static async connect(connection: Connection, call?: CallOptions): Promise<RemoteEngine> {
    return new RemoteEngine(await ApiClient.open(connection, call));
  }

  /** `1.50` */
  get apiVersion(): string {
    return `1.${this.#api.version}`;
  }

  async info(call?: CallOptions): Promise<EngineInfo> {
    return engineInfo(await this.document<InfoJson>("/info", {}, call));
  }

  async diskUsage(call?: CallOptions): Promise<DiskUsage> {
    return diskUsage(await this.document<DiskUsageJson>("/system/df", {}, call));
  }

  /**
   * What the API answers to a GET, as the server tells it: for those who show Docker's own shapes.
   * @param path without version; names in it encoded
   */
  document<T>(path: string, query: QueryParameters = {}, call?: CallOptions): Promise<T> {
    return this.#api.json<T>({ method: "GET", path, query }, call);
  }

  /** Every plugin of the engine, with the reason where one is not wired; none of an engine that is not made of plugins. */
  async plugins(call?: CallOptions): Promise<readonly PluginReport[]> {
    try {
      return await this.document<readonly PluginReport[]>("/gantry/plugins", {}, call);
    } catch (thrown) {
      if (isEngineError(thrown, "not-found")) return [];
      throw thrown;
    }
  }

  close(): Promise<void> {
    return this.#api.close();
  }
}
