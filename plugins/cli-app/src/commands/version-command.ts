import type { CommandContext, CommandOption } from "@gantry/core";

import type { ConnectedEngine } from "../connected-engine.ts";
import { renderObject } from "../rendering/formatted-object.ts";
import { EngineCommand } from "./engine-command.ts";
import { objectFormatOption } from "./format-option.ts";

interface VersionDocument {
  Platform?: { Name?: string };
  Version?: string;
  ApiVersion?: string;
  MinAPIVersion?: string;
  GitCommit?: string;
  GoVersion?: string;
  Os?: string;
  Arch?: string;
  KernelVersion?: string;
  BuildTime?: string;
  Components?: readonly { Name: string; Version: string; Details?: Readonly<Record<string, string>> | null }[] | null;
}

export class VersionCommand extends EngineCommand {
  readonly path = ["version"];
  readonly summary = "Show the Docker version information";
  readonly synopsis = "[OPTIONS]";
  override readonly options: readonly CommandOption[] = [objectFormatOption];

  async run(context: CommandContext): Promise<number> {
    this.require(context, 0);
    const { host } = context;
    const format = this.values(context).text("format");
    const engine = await this.connect();
    const server = await engine.document<VersionDocument>("/version");
    const client = clientDocument(host.version, engine, server);
    if (format === undefined) await host.stdout.write(describe(client, server));
    else await host.stdout.write(renderObject({ Client: client, Server: server }, format));
    return 0;
  }
}

function clientDocument(version: string, { apiVersion }: ConnectedEngine, server: VersionDocument): VersionDocument {
  const { Os = "linux", Arch = "" } = server;
  return { Platform: { Name: "Gantry" }, Version: version, ApiVersion: apiVersion, Os, Arch };
}

function describe(client: VersionDocument, server: VersionDocument): string {
  const lines = [
    "Client: Gantry",
    line("Version", client.Version),
    line("API version", client.ApiVersion),
    line("OS/Arch", `${client.Os}/${client.Arch}`),
    "",
    `Server: ${server.Platform?.Name ?? ""}`.trimEnd(),
    ...(server.Components ?? []).flatMap(({ Name, Version, Details }) => [
      ` ${Name}:`,
      line(" Version", Version),
      ...(Name === "Engine" ? engineLines(server) : [line(" GitCommit", Details?.["GitCommit"])]),
    ]),
  ];
  return `${lines.filter((text): text is string => text !== undefined).join("\n")}\n`;
}

function engineLines(server: VersionDocument): (string | undefined)[] {
  return [
    line(" API version", `${server.ApiVersion} (minimum version ${server.MinAPIVersion})`),
    line(" Go version", server.GoVersion),
    line(" Git commit", server.GitCommit),
    line(" Built", server.BuildTime),
    line(" OS/Arch", `${server.Os}/${server.Arch}`),
    line(" Kernel", server.KernelVersion),
  ];
}

function line(name: string, text: string | undefined): string | undefined {
  return text ? ` ${`${name}:`.padEnd(18)}${text}` : undefined;
}
