import type { CommandEntry } from "./command-entry.ts";

/** The commands of this package, in the order of the help, each loaded only when it is called. */
export const commandTable: readonly CommandEntry[] = [
  common("run | container run", "Create and run a new container from an image", async (connector) => {
    return new (await import("./commands/run-command.ts")).RunCommand(connector);
  }),
  common("exec | container exec", "Execute a command in a running container", async (connector) => {
    return new (await import("./commands/exec-command.ts")).ExecCommand(connector);
  }),
  common("ps | container ls | container list | container ps", "List containers", async (connector) => {
    return new (await import("./commands/ps-command.ts")).PsCommand(connector);
  }),
  common("pull | image pull", "Get an image from the first source that has it", async (connector) => {
    return new (await import("./commands/pull-command.ts")).PullCommand(connector);
  }),
  common("images | image ls | image list", "List images", async (connector) => {
    return new (await import("./commands/images-command.ts")).ImagesCommand(connector);
  }),
  common("version", "Show the Docker version information", async (connector) => {
    return new (await import("./commands/version-command.ts")).VersionCommand(connector);
  }),
  common("info | system info", "Display system-wide information", async (connector) => {
    return new (await import("./commands/info-command.ts")).InfoCommand(connector);
  }),
  entry(
    "attach | container attach",
    "Attach local standard input, output, and error streams to a running container",
    async (connector) => new (await import("./commands/attach-command.ts")).AttachCommand(connector),
  ),
  entry("commit | container commit", "Create a new image from a container's changes", async (connector) => {
    return new (await import("./commands/commit-command.ts")).CommitCommand(connector);
  }),
  entry("completion", "Print a script that completes commands in a shell", async (connector) => {
    return new (await import("./commands/completion-command.ts")).CompletionCommand(connector);
  }),
  entry("cp | container cp", "Copy files/folders between a container and the local filesystem", async (connector) => {
    return new (await import("./commands/cp-command.ts")).CpCommand(connector);
  }),
  entry("create | container create", "Create a new container", async (connector) => {
    return new (await import("./commands/create-command.ts")).CreateCommand(connector);
  }),
  entry(
    "diff | container diff",
    "Inspect changes to files or directories on a container's filesystem",
    async (connector) => new (await import("./commands/diff-command.ts")).DiffCommand(connector),
  ),
  entry("events | system events", "Get real time events from the server", async (connector) => {
    return new (await import("./commands/events-command.ts")).EventsCommand(connector);
  }),
  entry("export | container export", "Export a container's filesystem as a tar archive", async (connector) => {
    return new (await import("./commands/export-command.ts")).ExportCommand(connector);
  }),
  entry("history | image history", "Show the history of an image", async (connector) => {
    return new (await import("./commands/history-command.ts")).HistoryCommand(connector);
  }),
  entry(
    "import | image import",
    "Import the contents from a tarball to create a filesystem image",
    async (connector) => new (await import("./commands/import-command.ts")).ImportCommand(connector),
  ),
  entry("inspect", "Return low-level information on Docker objects", async (connector) => {
    return new (await import("./commands/inspect-command.ts")).InspectCommand(connector);
  }),
  entry("kill | container kill", "Kill one or more running containers", async (connector) => {
    return new (await import("./commands/kill-command.ts")).KillCommand(connector);
  }),
  entry("load | image load", "Load an image from a tar archive or STDIN", async (connector) => {
    return new (await import("./commands/load-command.ts")).LoadCommand(connector);
  }),
  entry("logs | container logs", "Fetch the logs of a container", async (connector) => {
    return new (await import("./commands/logs-command.ts")).LogsCommand(connector);
  }),
  entry("pause | container pause", "Pause all processes within one or more containers", async (connector) => {
    return new (await import("./commands/pause-command.ts")).PauseCommand(connector);
  }),
  entry("plugins", "List the engine's plugins", async (connector) => {
    return new (await import("./commands/plugins-command.ts")).PluginsCommand(connector);
  }),
  entry("port | container port", "List port mappings or a specific mapping for the container", async (connector) => {
    return new (await import("./commands/port-command.ts")).PortCommand(connector);
  }),
  entry("put", "Make an image of a tar archive from STDIN", async (connector) => {
    return new (await import("./commands/import-command.ts")).PutCommand(connector);
  }),
  entry("rename | container rename", "Rename a container", async (connector) => {
    return new (await import("./commands/rename-command.ts")).RenameCommand(connector);
  }),
  entry("restart | container restart", "Restart one or more containers", async (connector) => {
    return new (await import("./commands/restart-command.ts")).RestartCommand(connector);
  }),
  entry("rm | container rm | container remove", "Remove one or more containers", async (connector) => {
    return new (await import("./commands/rm-command.ts")).RmCommand(connector);
  }),
  entry("rmi | image rm | image remove", "Remove one or more images", async (connector) => {
    return new (await import("./commands/rmi-command.ts")).RmiCommand(connector);
  }),
  entry(
    "save | image save",
    "Save one or more images to a tar archive (streamed to STDOUT by default)",
    async (connector) => new (await import("./commands/save-command.ts")).SaveCommand(connector),
  ),
  entry("start | container start", "Start one or more stopped containers", async (connector) => {
    return new (await import("./commands/start-command.ts")).StartCommand(connector);
  }),
  entry(
    "stats | container stats",
    "Display a live stream of container(s) resource usage statistics",
    async (connector) => new (await import("./commands/stats-command.ts")).StatsCommand(connector),
  ),
  entry("stop | container stop", "Stop one or more running containers", async (connector) => {
    return new (await import("./commands/stop-command.ts")).StopCommand(connector);
  }),
  entry("tag | image tag", "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE", async (connector) => {
    return new (await import("./commands/tag-command.ts")).TagCommand(connector);
  }),
  entry("tar", "Stream the contents of a container as a tar archive", async (connector) => {
    return new (await import("./commands/export-command.ts")).TarCommand(connector);
  }),
  entry("top | container top", "Display the running processes of a container", async (connector) => {
    return new (await import("./commands/top-command.ts")).TopCommand(connector);
  }),
  entry("unpause | container unpause", "Unpause all processes within one or more containers", async (connector) => {
    return new (await import("./commands/unpause-command.ts")).UnpauseCommand(connector);
  }),
  entry("update | container update", "Update configuration of one or more containers", async (connector) => {
    return new (await import("./commands/update-command.ts")).UpdateCommand(connector);
  }),
  entry(
    "wait | container wait",
    "Block until one or more containers stop, then print their exit codes",
    async (connector) => new (await import("./commands/wait-command.ts")).WaitCommand(connector),
  ),
  entry("container inspect", "Display detailed information on one or more containers", async (connector) => {
    return new (await import("./commands/inspect-command.ts")).ContainerInspectCommand(connector);
  }),
  entry("container prune", "Remove all stopped containers", async (connector) => {
    return new (await import("./commands/prune-commands.ts")).ContainerPruneCommand(connector);
  }),
  entry("image inspect", "Display detailed information on one or more images", async (connector) => {
    return new (await import("./commands/inspect-command.ts")).ImageInspectCommand(connector);
  }),
  entry("image prune", "Remove unused images", async (connector) => {
    return new (await import("./commands/prune-commands.ts")).ImagePruneCommand(connector);
  }),
  entry("system df", "Show docker disk usage", async (connector) => {
    return new (await import("./commands/df-command.ts")).DfCommand(connector);
  }),
  entry("system prune", "Remove unused data", async (connector) => {
    return new (await import("./commands/prune-commands.ts")).SystemPruneCommand(connector);
  }),
  entry("volume create", "Create a volume", async (connector) => {
    return new (await import("./commands/volume-commands.ts")).VolumeCreateCommand(connector);
  }),
  entry("volume inspect", "Display detailed information on one or more volumes", async (connector) => {
    return new (await import("./commands/inspect-command.ts")).VolumeInspectCommand(connector);
  }),
  entry("volume ls | volume list", "List volumes", async (connector) => {
    return new (await import("./commands/volume-commands.ts")).VolumeLsCommand(connector);
  }),
  entry("volume prune", "Remove unused local volumes", async (connector) => {
    return new (await import("./commands/prune-commands.ts")).VolumePruneCommand(connector);
  }),
  entry("volume rm | volume remove", "Remove one or more volumes", async (connector) => {
    return new (await import("./commands/volume-commands.ts")).VolumeRmCommand(connector);
  }),
];

/** @param names the command's own and its aliases, with bars in between */
function entry(names: string, summary: string, load: CommandEntry["load"]): CommandEntry {
  const [path = [], ...aliases] = names.split(" | ").map((name) => name.split(" "));
  return { path, ...(aliases.length === 0 ? {} : { aliases }), summary, load };
}

function common(...[names, summary, load]: Parameters<typeof entry>): CommandEntry {
  return { ...entry(names, summary, load), common: true };
}
