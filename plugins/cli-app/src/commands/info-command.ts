import type { CommandContext, CommandOption } from "@gantry/core";

import { renderObject } from "../rendering/formatted-object.ts";
import { binarySize } from "../rendering/human-size.ts";
import { EngineCommand } from "./engine-command.ts";
import { objectFormatOption } from "./format-option.ts";

interface InfoDocument {
  Containers?: number;
  ContainersRunning?: number;
  ContainersPaused?: number;
  ContainersStopped?: number;
  Images?: number;
  ServerVersion?: string;
  Driver?: string;
  DriverStatus?: readonly (readonly [string, string])[] | null;
  LoggingDriver?: string;
  CgroupDriver?: string;
  CgroupVersion?: string;
  Plugins?: { Volume?: readonly string[]; Network?: readonly string[]; Log?: readonly string[] };
  Runtimes?: Readonly<Record<string, unknown>>;
  DefaultRuntime?: string;
  SecurityOptions?: readonly string[] | null;
  KernelVersion?: string;
  OperatingSystem?: string;
  OSType?: string;
  Architecture?: string;
  NCPU?: number;
  MemTotal?: number;
  Name?: string;
  ID?: string;
  DockerRootDir?: string;
  Debug?: boolean;
  Labels?: readonly string[] | null;
  ExperimentalBuild?: boolean;
  LiveRestoreEnabled?: boolean;
  Warnings?: readonly string[] | null;
}

export class InfoCommand extends EngineCommand {
  readonly path = ["info"];
  override readonly aliases = [["system", "info"]];
  readonly summary = "Display system-wide information";
  readonly synopsis = "[OPTIONS]";
  override readonly options: readonly CommandOption[] = [objectFormatOption];

  async run(context: CommandContext): Promise<number> {
    this.require(context, 0);
    const { host } = context;
    const format = this.values(context).text("format");
    const engine = await this.connect();
    const info = await engine.document<InfoDocument>("/info");
    if (format !== undefined) {
      const withClient = { ...info, ClientInfo: { Platform: { Name: "Gantry" }, ApiVersion: engine.apiVersion } };
      await host.stdout.write(renderObject(withClient, format));
      return 0;
    }
    await host.stdout.write(`${describe(info).join("\n")}\n`);
    for (const warning of info.Warnings ?? []) {
      await host.stderr.write(`${warning.startsWith("WARNING") ? "" : "WARNING: "}${warning}\n`);
    }
    return 0;
  }
}

function describe(info: InfoDocument): string[] {
  const { Plugins = {} } = info;
  return [
    "Server:",
    ` Containers: ${info.Containers ?? 0}`,
    `  Running: ${info.ContainersRunning ?? 0}`,
    `  Paused: ${info.ContainersPaused ?? 0}`,
    `  Stopped: ${info.ContainersStopped ?? 0}`,
    ` Images: ${info.Images ?? 0}`,
    ...fact("Server Version", info.ServerVersion),
    ...fact("Storage Driver", info.Driver),
    ...(info.DriverStatus ?? []).map(([name, text]) => `  ${name}: ${text}`),
    ...fact("Logging Driver", info.LoggingDriver),
    ...fact("Cgroup Driver", info.CgroupDriver),
    ...fact("Cgroup Version", info.CgroupVersion),
    " Plugins:",
    `  Volume: ${(Plugins.Volume ?? []).join(" ")}`,
    `  Network: ${(Plugins.Network ?? []).join(" ")}`,
    `  Log: ${(Plugins.Log ?? []).join(" ")}`,
    ...fact("Runtimes", Object.keys(info.Runtimes ?? {}).join(" ")),
    ...fact("Default Runtime", info.DefaultRuntime),
    ...security(info.SecurityOptions ?? []),
    ...fact("Kernel Version", info.KernelVersion),
    ...fact("Operating System", info.OperatingSystem),
    ...fact("OSType", info.OSType),
    ...fact("Architecture", info.Architecture),
    ` CPUs: ${info.NCPU ?? 0}`,
    ` Total Memory: ${binarySize(info.MemTotal ?? 0)}`,
    ...fact("Name", info.Name),
    ...fact("ID", info.ID),
    ...fact("Docker Root Dir", info.DockerRootDir),
    ` Debug Mode: ${String(info.Debug ?? false)}`,
    ...((info.Labels ?? []).length === 0 ? [] : [" Labels:", ...(info.Labels ?? []).map((label) => `  ${label}`)]),
    ` Experimental: ${String(info.ExperimentalBuild ?? false)}`,
    ` Live Restore Enabled: ${String(info.LiveRestoreEnabled ?? false)}`,
  ];
}

function fact(name: string, text: string | undefined): string[] {
  return text === undefined || text === "" ? [] : [` ${name}: ${text}`];
}

/** `name=seccomp,profile=builtin` is shown as the name with what belongs to it beneath. */
function security(options: readonly string[]): string[] {
  if (options.length === 0) return [];
  const lines = options.flatMap((option) =>
    option.split(",").map((pair) => {
      const [key = "", text = ""] = pair.split("=");
      return key === "name" ? `  ${text}` : `   ${key[0]!.toUpperCase()}${key.slice(1)}: ${text}`;
    }),
  );
  return [" Security Options:", ...lines];
}
