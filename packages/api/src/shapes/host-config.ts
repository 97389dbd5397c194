import { EngineError } from "@gantry/core";
import type { HostConfig, RestartPolicy } from "@gantry/engine";

import type { JsonFields } from "../http/json-fields.ts";
import { saysNothing } from "./client-fields.ts";
import { defined } from "./defined.ts";
import { readResources } from "./resources.ts";

/** Fields of which only the named values can be had here; another is refused rather than left undone. */
const onlyValues: Readonly<Record<string, readonly string[]>> = {
  PidMode: ["", "private"],
  IpcMode: ["", "private", "shareable"],
  UTSMode: ["", "private"],
  UsernsMode: ["", "host"],
  CgroupnsMode: ["", "private"],
  Isolation: ["", "default"],
  VolumeDriver: ["", "local"],
  CgroupParent: [""],
};
const unsupported = ["Devices", "DeviceRequests", "DeviceCgroupRules", "StorageOpt"];

/** Fields that belong to networks other than none and host, which there are none of. */
const networkFields = ["PortBindings", "PublishAllPorts", "Dns", "DnsOptions", "DnsSearch", "ExtraHosts", "Links"];

/** The runtimes' names that stand for whatever isolates containers here. */
const runtimes = ["", "runc", "io.containerd.runc.v2"];

export interface ReadHostConfig {
  /** Without what `Mounts` and `VolumesFrom` ask for. */
  hostConfig: Partial<HostConfig>;
  warnings: readonly string[];
}

/**
 * `HostConfig` of a create request. Errors: `invalid-argument`; `unsupported` for what would have to be left undone, naming
 * the field. What concerns networks is left undone with a warning.
 */
export function readHostConfig(fields: JsonFields, defaultLogDriver: string): ReadHostConfig {
  refuseUnsupported(fields);
  const networkMode = readNetworkMode(fields);
  const console = fields.integers("ConsoleSize") ?? [];
  const [rows = 0, columns = 0] = console;
  return {
    hostConfig: defined({
      resources: readResources(fields),
      binds: fields.strings("Binds"),
      tmpfs: fields.stringMap("Tmpfs"),
      networkMode: networkMode.mode,
      readonlyRoot: fields.boolean("ReadonlyRootfs"),
      autoRemove: fields.boolean("AutoRemove"),
      restartPolicy: readRestartPolicy(fields.object("RestartPolicy")),
      init: fields.boolean("Init"),
      privileged: fields.boolean("Privileged"),
      capabilitiesAdd: fields.words("CapAdd"),
      capabilitiesDrop: fields.words("CapDrop"),
      securityOptions: fields.strings("SecurityOpt"),
      groupAdd: fields.strings("GroupAdd"),
      ulimits: readUlimits(fields),
      sysctls: fields.stringMap("Sysctls"),
      shmSize: fields.integer("ShmSize"),
      oomScoreAdj: fields.integer("OomScoreAdj"),
      logDriver: readLogConfig(fields.object("LogConfig"), defaultLogDriver),
      consoleSize: rows > 0 && columns > 0 ? { rows, columns } : undefined,
    }),
    warnings: [...networkMode.warnings, ...networkWarnings(fields)],
  };
}

/** `undefined` when nothing is asked for. */
export function readRestartPolicy(fields: JsonFields | undefined): RestartPolicy | undefined {
  const name = fields?.string("Name");
  if (fields === undefined || name === undefined || name === "") return undefined;
  // An unknown name is the engine's to refuse.
  return { name: name as RestartPolicy["name"], maximumRetryCount: fields.integer("MaximumRetryCount") ?? 0 };
}

function readNetworkMode(fields: JsonFields): { mode: HostConfig["networkMode"] | undefined; warnings: string[] } {
  const mode = fields.string("NetworkMode") ?? "";
  if (mode === "none" || mode === "host") return { mode, warnings: [] };
  // Who names none takes what there is.
  if (mode === "") return { mode: undefined, warnings: [] };
  if (mode === "default" || mode === "bridge") {
    const warning =
      "This engine has no bridge network: the container has no network but its loopback. Use --network host";
    return { mode: undefined, warnings: [warning] };
  }
  const field = fields.pathOf("NetworkMode");
  throw new EngineError("unsupported", `${field} "${mode}" is not supported by this engine: use none or host`, {
    details: { field },
  });
}

function networkWarnings(fields: JsonFields): readonly string[] {
  return networkFields
    .filter((name) => !saysNothing(fields.raw(name)))
    .map((name) => `${fields.pathOf(name)} is discarded: it needs a network other than none and host`);
}

function readLogConfig(fields: JsonFields | undefined, defaultDriver: string): HostConfig["logDriver"] | undefined {
  const name = fields?.string("Type") ?? "";
  const options = fields?.stringMap("Config") ?? {};
  if (name === "" && Object.keys(options).length === 0) return undefined;
  return { name: name || defaultDriver, options };
}

function readUlimits(fields: JsonFields): HostConfig["ulimits"] | undefined {
  return fields.objects("Ulimits")?.map((limit) => ({
    name: limit.string("Name") ?? "",
    soft: limit.integer("Soft") ?? 0,
    hard: limit.integer("Hard") ?? 0,
  }));
}

function refuseUnsupported(fields: JsonFields): void {
  for (const [name, values] of Object.entries({ ...onlyValues, Runtime: runtimes })) {
    const value = fields.string(name) ?? "";
    if (!values.includes(value)) refuse(fields, name, ` ${JSON.stringify(value)}`);
  }
  for (const name of unsupported) if (!saysNothing(fields.raw(name))) refuse(fields, name);
  // An empty list asks for every path to be open; none at all for the default.
  for (const name of ["MaskedPaths", "ReadonlyPaths"]) if (fields.raw(name) !== undefined) refuse(fields, name);
}

function refuse(fields: JsonFields, name: string, value = ""): never {
  const field = fields.pathOf(name);
  throw new EngineError("unsupported", `${field}${value} is not supported by this engine: leave it out`, {
    details: { field },
  });
}
