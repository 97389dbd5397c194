import type { ContainerRecord } from "@gantry/engine";

import type { JsonFields } from "../http/json-fields.ts";

/**
 * What a client said of a container and the engine has no words for, or other words: kept with the container so that an
 * inspection tells it back.
 */
export interface ClientFields {
  Config: Readonly<Record<string, unknown>>;
  HostConfig: Readonly<Record<string, unknown>>;
}

const configFields = [
  "AttachStdin",
  "AttachStdout",
  "AttachStderr",
  "ExposedPorts",
  "Volumes",
  "OnBuild",
  "MacAddress",
  "NetworkDisabled",
  "ArgsEscaped",
];

const hostConfigFields = [
  "Annotations",
  "Binds",
  "Cgroup",
  "CgroupnsMode",
  "ContainerIDFile",
  "Dns",
  "DnsOptions",
  "DnsSearch",
  "ExtraHosts",
  "Init",
  "IpcMode",
  "Isolation",
  "Links",
  "Mounts",
  "PortBindings",
  "PublishAllPorts",
  "Runtime",
  "Tmpfs",
  "UsernsMode",
  "VolumeDriver",
  "VolumesFrom",
];

/** Only what says something: a default needs no keeping. */
export function readClientFields(config: JsonFields, hostConfig: JsonFields): ClientFields {
  return { Config: telling(config, configFields), HostConfig: telling(hostConfig, hostConfigFields) };
}

export function clientFieldsOf({ config }: ContainerRecord): ClientFields {
  const kept = config.clientFields as Partial<ClientFields> | undefined;
  return { Config: kept?.Config ?? {}, HostConfig: kept?.HostConfig ?? {} };
}

/** Whether a value of a client is what it would be had the client said nothing. */
export function saysNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === "" || value === 0 || value === false) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

function telling(fields: JsonFields, names: readonly string[]): Record<string, unknown> {
  const entries = names.map((name) => [name, fields.raw(name)] as const);
  return Object.fromEntries(entries.filter(([, value]) => !saysNothing(value)));
}
