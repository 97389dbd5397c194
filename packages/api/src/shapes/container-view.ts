import type { ContainerRecord, EngineInfo, MountPoint } from "@gantry/engine";

import type { ApiFacts } from "../api-facts.ts";
import { showContainerConfig } from "./container-config.ts";
import { clientFieldsOf } from "./client-fields.ts";
import { showState, statusText } from "./container-state.ts";
import { showHostConfig } from "./host-config-view.ts";
import { showEndpoints, showNetworkSettings } from "./networks.ts";
import { unixSeconds } from "./times.ts";

/** Bytes of what a container wrote, and of that with its image. */
export interface ContainerSize {
  writableBytes: number;
  rootBytes: number;
}

export interface ContainerViewContext {
  facts: ApiFacts;
  info: EngineInfo;
  /** Host directories of the volumes, by name. */
  mountpoints: ReadonlyMap<string, string>;
  version: number;
}

/** A container as `GET /containers/{id}/json` shows it. */
export function showContainer(container: ContainerRecord, context: ContainerViewContext, size?: ContainerSize): object {
  const { id } = container;
  const { info, facts, version } = context;
  const directory = `${info.dataRoot}/containers/${id}`;
  return {
    Id: id,
    Created: container.createdAt,
    Path: container.path,
    Args: container.args,
    State: showState(container),
    Image: container.imageId,
    ResolvConfPath: `${directory}/resolv.conf`,
    HostnamePath: `${directory}/hostname`,
    HostsPath: `${directory}/hosts`,
    LogPath: container.hostConfig.logDriver.name === "json-file" ? `${directory}/${id}-json.log` : "",
    Name: `/${container.name}`,
    RestartCount: container.restartCount,
    Driver: info.storageDriver,
    Platform: "linux",
    MountLabel: "",
    ProcessLabel: "",
    AppArmorProfile: "",
    ExecIDs: null,
    HostConfig: showHostConfig(container),
    GraphDriver: { Data: null, Name: info.storageDriver },
    ...showSize(size),
    Mounts: showMounts(container, context),
    Config: showContainerConfig(container, version),
    NetworkSettings: showNetworkSettings(facts, container, version),
  };
}

/** A container as `GET /containers/json` lists it. @param now milliseconds since the epoch */
export function listContainer(
  container: ContainerRecord,
  context: ContainerViewContext,
  now: number,
  size?: ContainerSize,
): object {
  const { hostConfig, state } = container;
  const { facts, version } = context;
  const annotations = clientFieldsOf(container).HostConfig["Annotations"];
  return {
    Id: container.id,
    Names: [`/${container.name}`],
    Image: container.image,
    ImageID: container.imageId,
    Command: commandText(container),
    Created: unixSeconds(container.createdAt),
    Ports: [],
    ...showSize(size),
    Labels: container.config.labels,
    State: state.status,
    Status: statusText(state, now),
    HostConfig: {
      NetworkMode: hostConfig.networkMode,
      ...(version >= 46 && annotations !== undefined ? { Annotations: annotations } : {}),
    },
    NetworkSettings: { Networks: showEndpoints(facts, container, version) },
    Mounts: showMounts(container, context),
  };
}

function showSize(size: ContainerSize | undefined): object {
  return size === undefined ? {} : { SizeRw: size.writableBytes, SizeRootFs: size.rootBytes };
}

/** Words with a space are put in quotes for the reader; it is not meant to be run. */
function commandText({ path, args }: ContainerRecord): string {
  return [path, ...args.map((word) => (word.includes(" ") ? `'${word}'` : word))].join(" ");
}

function showMounts({ mounts }: ContainerRecord, { mountpoints }: ContainerViewContext): readonly object[] {
  return mounts.filter(({ type }) => type !== "tmpfs").map((mount) => showMount(mount, mountpoints));
}

const propagations = new Set(["private", "rprivate", "shared", "rshared", "slave", "rslave"]);

function showMount(mount: MountPoint, mountpoints: ReadonlyMap<string, string>): object {
  const { type, source, destination, readonly, options } = mount;
  const volume = type === "volume";
  return {
    Type: type,
    ...(volume ? { Name: source } : {}),
    Source: volume ? (mountpoints.get(source) ?? "") : source,
    Destination: destination,
    ...(volume ? { Driver: "local" } : {}),
    Mode: readonly ? "ro" : "",
    RW: !readonly,
    Propagation: volume ? "" : (options.find((option) => propagations.has(option)) ?? "rprivate"),
  };
}
