import { EngineError } from "@gantry/core";
import type { CreateVolume } from "@gantry/engine";

import type { JsonFields } from "../http/json-fields.ts";
import { defined } from "./defined.ts";

/** `HostConfig.Mounts` in the engine's words. */
export interface MountRequests {
  binds: readonly string[];
  tmpfs: Readonly<Record<string, string>>;
  /** Host paths that must exist. */
  sources: readonly string[];
  /** To be made before the container, as they ask for labels or options. */
  volumes: readonly CreateVolume[];
}

/** Errors: `invalid-argument`, `unsupported`, naming the field. */
export function readMounts(hostConfig: JsonFields): MountRequests {
  const parts = (hostConfig.objects("Mounts") ?? []).map(readMount);
  return {
    binds: parts.flatMap(({ bind }) => (bind === undefined ? [] : [bind])),
    tmpfs: Object.fromEntries(parts.flatMap(({ tmpfs }) => (tmpfs === undefined ? [] : [tmpfs]))),
    sources: parts.flatMap(({ source }) => (source === undefined ? [] : [source])),
    volumes: parts.flatMap(({ volume }) => (volume === undefined ? [] : [volume])),
  };
}

interface MountPart {
  bind?: string;
  tmpfs?: readonly [string, string];
  source?: string;
  volume?: CreateVolume;
}

function readMount(mount: JsonFields): MountPart {
  const type = mount.string("Type") ?? "";
  const target = mount.string("Target") ?? "";
  if (target === "") throw invalid(mount, type, "field Target must not be empty");
  if (target.includes(":")) throw unsupported(mount, "Target", "with a colon");
  if (type === "bind") return readBind(mount, target);
  if (type === "volume") return readVolume(mount, target);
  if (type === "tmpfs") return readTmpfs(mount, target);
  throw unsupported(mount, "Type", JSON.stringify(type));
}

function readBind(mount: JsonFields, target: string): MountPart {
  const source = mount.string("Source") ?? "";
  if (source === "") throw invalid(mount, "bind", "field Source must not be empty");
  if (!source.startsWith("/"))
    throw invalid(mount, "bind", `invalid mount path: '${source}' mount path must be absolute`);
  if (source.includes(":")) throw unsupported(mount, "Source", "with a colon");
  const options = mount.object("BindOptions");
  if (options?.boolean("NonRecursive")) throw unsupported(mount, "BindOptions.NonRecursive");
  const modes = [mount.boolean("ReadOnly") ? "ro" : "", options?.string("Propagation") ?? ""].filter(Boolean);
  const bind = [source, target, ...(modes.length === 0 ? [] : [modes.join(",")])].join(":");
  return options?.boolean("CreateMountpoint") ? { bind } : { bind, source };
}

function readVolume(mount: JsonFields, target: string): MountPart {
  const source = mount.string("Source") ?? "";
  const options = mount.object("VolumeOptions");
  if (options?.string("Subpath")) throw unsupported(mount, "VolumeOptions.Subpath");
  const modes = [mount.boolean("ReadOnly") ? "ro" : "", options?.boolean("NoCopy") ? "nocopy" : ""].filter(Boolean);
  const driver = options?.object("DriverConfig");
  const volume = defined({
    driver: driver?.string("Name") || undefined,
    driverOptions: driver?.stringMap("Options"),
    labels: options?.stringMap("Labels"),
  });
  if (source === "") {
    if (modes.length > 0 || Object.keys(volume).length > 0) throw unsupported(mount, "VolumeOptions", "without Source");
    return { bind: target };
  }
  const bind = [source, target, ...(modes.length === 0 ? [] : [modes.join(",")])].join(":");
  return Object.keys(volume).length === 0 ? { bind } : { bind, volume: { name: source, ...volume } };
}

function readTmpfs(mount: JsonFields, target: string): MountPart {
  const options = mount.object("TmpfsOptions");
  const size = options?.integer("SizeBytes") ?? 0;
  const mode = options?.integer("Mode") ?? 0;
  const words = [
    mount.boolean("ReadOnly") ? "ro" : "",
    size === 0 ? "" : `size=${size}`,
    mode === 0 ? "" : `mode=${mode.toString(8)}`,
  ];
  return { tmpfs: [target, words.filter(Boolean).join(",")] };
}

function invalid(mount: JsonFields, type: string, why: string): EngineError {
  return new EngineError("invalid-argument", `invalid mount config for type ${JSON.stringify(type)}: ${why}`, {
    details: { field: mount.pathOf("Type") },
  });
}

function unsupported(mount: JsonFields, name: string, value = ""): EngineError {
  const field = mount.pathOf(name);
  const what = value === "" ? field : `${field} ${value}`;
  return new EngineError("unsupported", `${what} is not supported by this engine`, { details: { field } });
}
