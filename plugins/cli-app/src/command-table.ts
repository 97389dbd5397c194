import type { CommandEntry } from "./command-entry.ts";

/** The commands of this package, in the order of the help, each loaded only when it is called. */
export const commandTable: readonly CommandEntry[] = [
  {
    path: ["run"],
    aliases: [["container", "run"]],
    summary: "Create and run a new container from an image",
    load: async (connector) => new (await import("./commands/run-command.ts")).RunCommand(connector),
  },
  {
    path: ["ps"],
    aliases: [
      ["container", "ls"],
      ["container", "list"],
      ["container", "ps"],
    ],
    summary: "List containers",
    load: async (connector) => new (await import("./commands/ps-command.ts")).PsCommand(connector),
  },
  {
    path: ["images"],
    aliases: [
      ["image", "ls"],
      ["image", "list"],
    ],
    summary: "List images",
    load: async (connector) => new (await import("./commands/images-command.ts")).ImagesCommand(connector),
  },
  {
    path: ["logs"],
    aliases: [["container", "logs"]],
    summary: "Fetch the logs of a container",
    load: async (connector) => new (await import("./commands/logs-command.ts")).LogsCommand(connector),
  },
  {
    path: ["start"],
    aliases: [["container", "start"]],
    summary: "Start one or more stopped containers",
    load: async (connector) => new (await import("./commands/start-command.ts")).StartCommand(connector),
  },
  {
    path: ["stop"],
    aliases: [["container", "stop"]],
    summary: "Stop one or more running containers",
    load: async (connector) => new (await import("./commands/stop-command.ts")).StopCommand(connector),
  },
  {
    path: ["kill"],
    aliases: [["container", "kill"]],
    summary: "Kill one or more running containers",
    load: async (connector) => new (await import("./commands/kill-command.ts")).KillCommand(connector),
  },
  {
    path: ["wait"],
    aliases: [["container", "wait"]],
    summary: "Block until one or more containers stop, then print their exit codes",
    load: async (connector) => new (await import("./commands/wait-command.ts")).WaitCommand(connector),
  },
  {
    path: ["rm"],
    aliases: [
      ["container", "rm"],
      ["container", "remove"],
    ],
    summary: "Remove one or more containers",
    load: async (connector) => new (await import("./commands/rm-command.ts")).RmCommand(connector),
  },
  {
    path: ["pull"],
    aliases: [["image", "pull"]],
    summary: "Get an image from the first source that has it",
    load: async (connector) => new (await import("./commands/pull-command.ts")).PullCommand(connector),
  },
  {
    path: ["version"],
    summary: "Show the Docker version information",
    load: async (connector) => new (await import("./commands/version-command.ts")).VersionCommand(connector),
  },
  {
    path: ["info"],
    aliases: [["system", "info"]],
    summary: "Display system-wide information",
    load: async (connector) => new (await import("./commands/info-command.ts")).InfoCommand(connector),
  },
  {
    path: ["plugins"],
    summary: "List the engine's plugins",
    load: async (connector) => new (await import("./commands/plugins-command.ts")).PluginsCommand(connector),
  },
];
