import type { CommandContext } from "@gantry/core";

import { UsageError } from "../parsing/usage-error.ts";
import { pathPart } from "../rendering/api-documents.ts";
import { EngineCommand } from "./engine-command.ts";

interface PortsDocument {
  Name?: string;
  NetworkSettings?: {
    Ports?: Readonly<Record<string, readonly { HostIp?: string; HostPort?: string }[] | null>> | null;
  } | null;
}

export class PortCommand extends EngineCommand {
  readonly path = ["port"];
  override readonly aliases = [["container", "port"]];
  readonly summary = "List port mappings or a specific mapping for the container";
  readonly synopsis = "CONTAINER [PRIVATE_PORT[/PROTO]]";

  async run(context: CommandContext): Promise<number> {
    this.require(context, 1, 2);
    const [name = "", wanted] = context.arguments;
    const engine = await this.connect();
    const document = await engine.document<PortsDocument>(`/containers/${pathPart(name)}/json`);
    const ports = Object.entries(document.NetworkSettings?.Ports ?? {});
    const lines = ports
      .filter(([port]) => wanted === undefined || port === (wanted.includes("/") ? wanted : `${wanted}/tcp`))
      .flatMap(([port, bindings]) =>
        (bindings ?? []).map(({ HostIp = "", HostPort = "" }) => {
          const place = `${HostIp.includes(":") ? `[${HostIp}]` : HostIp}:${HostPort}`;
          return wanted === undefined ? `${port} -> ${place}` : place;
        }),
      );
    if (wanted !== undefined && lines.length === 0) {
      throw new UsageError(`no public port '${wanted}' published for ${name}`, 1);
    }
    await context.host.stdout.write(lines.map((line) => `${line}\n`).join(""));
    return 0;
  }
}
