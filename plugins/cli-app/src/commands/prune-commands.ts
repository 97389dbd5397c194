import type { CommandContext, CommandOption } from "@gantry/core";
import type { Filters } from "@gantry/engine";

import type { ConnectedEngine } from "../connected-engine.ts";
import { filterOption, flag } from "../parsing/option-specs.ts";
import type { OptionValues } from "../parsing/option-values.ts";
import { preciseSize } from "../rendering/human-size.ts";
import { confirmed } from "../session/confirmation.ts";
import { EngineCommand } from "./engine-command.ts";
import { filtersOf } from "./filters.ts";

/** What was removed of one kind of things. */
interface Pruned {
  lines: readonly string[];
  reclaimedBytes: number;
}

const forceOption = flag("force", "Do not prompt for confirmation", "f");

/** Removes what is not used, after a question. */
abstract class PruneCommand extends EngineCommand {
  readonly synopsis = "[OPTIONS]";
  protected abstract warning(values: OptionValues): string;
  protected abstract prune(engine: ConnectedEngine, values: OptionValues, filters: Filters): Promise<readonly Pruned[]>;

  async run(context: CommandContext): Promise<number> {
    this.require(context, 0);
    const { host } = context;
    const values = this.values(context);
    const filters = filtersOf(values);
    const question = `WARNING! ${this.warning(values)}\nAre you sure you want to continue? [y/N] `;
    if (!values.flag("force") && !(await confirmed(host, question))) return 1;
    const pruned = await this.prune(await this.connect(), values, filters);
    for (const { lines } of pruned) if (lines.length > 0) await host.stdout.write(`${lines.join("\n")}\n\n`);
    const reclaimed = pruned.reduce((sum, { reclaimedBytes }) => sum + reclaimedBytes, 0);
    await host.stdout.write(`Total reclaimed space: ${preciseSize(reclaimed)}\n`);
    return 0;
  }
}

async function pruneContainers({ containers }: ConnectedEngine, filters: Filters): Promise<Pruned> {
  const { deleted, reclaimedBytes } = await containers.prune(filters);
  return { lines: titled("Deleted Containers:", deleted), reclaimedBytes };
}

async function pruneImages({ images }: ConnectedEngine, filters: Filters, all: boolean): Promise<Pruned> {
  const { untagged, deleted, reclaimedBytes } = await images.prune({ ...filters, dangling: [String(!all)] });
  const lines = [...untagged.map((name) => `untagged: ${name}`), ...deleted.map((id) => `deleted: ${id}`)];
  return { lines: titled("Deleted Images:", lines), reclaimedBytes };
}

async function pruneVolumes({ volumes }: ConnectedEngine, filters: Filters, all: boolean): Promise<Pruned> {
  const { deleted, reclaimedBytes } = await volumes.prune({ ...filters, ...(all ? { all: ["true"] } : {}) });
  return { lines: titled("Deleted Volumes:", deleted), reclaimedBytes };
}

function titled(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines];
}

export class ContainerPruneCommand extends PruneCommand {
  readonly path = ["container", "prune"];
  readonly summary = "Remove all stopped containers";
  override readonly options: readonly CommandOption[] = [filterOption(), forceOption];

  protected warning(): string {
    return "This will remove all stopped containers.";
  }

  protected async prune(engine: ConnectedEngine, _values: OptionValues, filters: Filters): Promise<readonly Pruned[]> {
    return [await pruneContainers(engine, filters)];
  }
}

export class ImagePruneCommand extends PruneCommand {
  readonly path = ["image", "prune"];
  readonly summary = "Remove unused images";
  override readonly options: readonly CommandOption[] = [
    flag("all", "Remove all unused images, not just dangling ones", "a"),
    filterOption(),
    forceOption,
  ];

  protected warning(values: OptionValues): string {
    if (values.flag("all")) return "This will remove all images without at least one container associated to them.";
    return "This will remove all dangling images.";
  }

  protected async prune(engine: ConnectedEngine, values: OptionValues, filters: Filters): Promise<readonly Pruned[]> {
    return [await pruneImages(engine, filters, values.flag("all"))];
  }
}

export class VolumePruneCommand extends PruneCommand {
  readonly path = ["volume", "prune"];
  readonly summary = "Remove unused local volumes";
  override readonly options: readonly CommandOption[] = [
    flag("all", "Remove all unused volumes, not just anonymous ones", "a"),
    filterOption(),
    forceOption,
  ];

  protected warning(values: OptionValues): string {
    const which = values.flag("all") ? "all" : "anonymous";
    return `This will remove ${which} local volumes not used by at least one container.`;
  }

  protected async prune(engine: ConnectedEngine, values: OptionValues, filters: Filters): Promise<readonly Pruned[]> {
    return [await pruneVolumes(engine, filters, values.flag("all"))];
  }
}

export class SystemPruneCommand extends PruneCommand {
  readonly path = ["system", "prune"];
  readonly summary = "Remove unused data";
  override readonly options: readonly CommandOption[] = [
    flag("all", "Remove all unused images not just dangling ones", "a"),
    filterOption(),
    forceOption,
    flag("volumes", "Prune anonymous volumes"),
  ];

  protected warning(values: OptionValues): string {
    const lines = [
      "This will remove:",
      "  - all stopped containers",
      ...(values.flag("volumes") ? ["  - all anonymous volumes not used by at least one container"] : []),
      `  - all ${values.flag("all") ? "images without at least one container associated to them" : "dangling images"}`,
    ];
    return `${lines.join("\n")}\n`;
  }

  /** In this order: what a container held is free afterwards. */
  protected async prune(engine: ConnectedEngine, values: OptionValues, filters: Filters): Promise<readonly Pruned[]> {
    const containers = await pruneContainers(engine, filters);
    const volumes = values.flag("volumes") ? [await pruneVolumes(engine, filters, false)] : [];
    return [containers, ...volumes, await pruneImages(engine, filters, values.flag("all"))];
  }
}
