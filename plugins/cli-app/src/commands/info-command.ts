import type { Command, CommandContext, CommandOption } from "@gantry/core";
import type { EngineInfo } from "@gantry/engine";

import type { EngineConnector } from "../connected-engine.ts";
import { OptionValues, requireArguments } from "../parsing/option-values.ts";
import { renderObject } from "../rendering/formatted-object.ts";
import { objectFormatOption } from "./format-option.ts";

export class InfoCommand implements Command {
  readonly path = ["info"];
  readonly aliases = [["system", "info"]];
  readonly summary = "Display system-wide information";
  readonly synopsis = "[OPTIONS]";
  readonly options: readonly CommandOption[] = [objectFormatOption];
  readonly #connector: EngineConnector;

  constructor(connector: EngineConnector) {
    this.#connector = connector;
  }

  async run({ arguments: words, options, host }: CommandContext): Promise<number> {
    requireArguments("info", words, 0, 0);
    const format = new OptionValues(this.options, options).text("format");
    const info = await (await this.#connector.connect()).info();
    await host.stdout.write(format === undefined ? describe(info) : renderObject(dockerNames(info), format));
    for (const warning of info.warnings) await host.stderr.write(`WARNING: ${warning}\n`);
    return 0;
  }
}

function describe({ containers, limiter, ...info }: EngineInfo): string {
  const lines = [
    `Containers: ${containers.total}`,
    ` Running: ${containers.running}`,
    ` Paused: ${containers.paused}`,
    ` Stopped: ${containers.stopped}`,
    `Images: ${info.images}`,
    `Server Version: ${info.version}`,
    `Storage Driver: ${info.storageDriver}`,
    `Isolation Backend: ${info.isolationBackend}`,
    `Resource Limiter: ${limiter === undefined ? "none" : `${limiter.name} (version ${limiter.version})`}`,
    `Docker Root Dir: ${info.dataRoot}`,
  ];
  return `${lines.join("\n")}\n`;
}

/** The names by which formats written for Docker ask. */
function dockerNames({ containers, limiter, ...info }: EngineInfo): object {
  return {
    Containers: containers.total,
    ContainersRunning: containers.running,
    ContainersPaused: containers.paused,
    ContainersStopped: containers.stopped,
    Images: info.images,
    ServerVersion: info.version,
    Driver: info.storageDriver,
    IsolationBackend: info.isolationBackend,
    CgroupVersion: limiter === undefined ? "" : String(limiter.version),
    DockerRootDir: info.dataRoot,
    Warnings: info.warnings,
  };
}
