import type { CommandOption } from "@gantry/core";

import { flag, list, value } from "../parsing/option-specs.ts";
import { detachKeysOption } from "../session/detach-keys.ts";
import { resourceOptions } from "./resource-options.ts";

/** The options of `docker create`. */
export const createOptions: readonly CommandOption[] = [
  ...resourceOptions,
  list("attach", "Attach to STDIN, STDOUT or STDERR", "a"),
  list("cap-add", "Add Linux capabilities"),
  list("cap-drop", "Drop Linux capabilities"),
  value("cidfile", "string", "Write the container ID to the file"),
  value("domainname", "string", "Container NIS domain name"),
  value("entrypoint", "string", "Overwrite the default ENTRYPOINT of the image"),
  list("env", "Set environment variables", "e"),
  list("env-file", "Read in a file of environment variables"),
  list("group-add", "Add additional groups to join"),
  value("health-cmd", "string", "Command to run to check health"),
  value("health-interval", "duration", "Time between running the check (ms|s|m|h) (default 0s)"),
  value("health-retries", "int", "Consecutive failures needed to report unhealthy"),
  value("health-start-interval", "duration", "Time between checks during the start period (ms|s|m|h) (default 0s)"),
  value(
    "health-start-period",
    "duration",
    "Start period for the container to initialize before retries count down (ms|s|m|h) (default 0s)",
  ),
  value("health-timeout", "duration", "Maximum time to allow one check to run (ms|s|m|h) (default 0s)"),
  value("hostname", "string", "Container host name", "h"),
  flag("init", "Run an init inside the container that forwards signals and reaps processes"),
  flag("interactive", "Keep STDIN open even if not attached", "i"),
  list("label", "Set meta data on a container", "l"),
  list("label-file", "Read in a line delimited file of labels"),
  value("log-driver", "string", "Logging driver for the container"),
  list("log-opt", "Log driver options"),
  { ...list("mount", "Attach a filesystem mount to the container"), placeholder: "mount" },
  value("name", "string", "Assign a name to the container"),
  value("network", "network", "Connect a container to a network"),
  flag("no-healthcheck", "Disable any container-specified HEALTHCHECK"),
  flag("oom-kill-disable", "Disable OOM Killer"),
  value("oom-score-adj", "int", "Tune host's OOM preferences (-1000 to 1000)"),
  flag("privileged", "Give extended privileges to this container"),
  { ...value("pull", "string", 'Pull image before running ("always", "missing", "never")'), default: "missing" },
  flag("quiet", "Suppress the pull output", "q"),
  flag("read-only", "Mount the container's root filesystem as read only"),
  value("restart", "string", 'Restart policy to apply when a container exits (default "no")'),
  flag("rm", "Automatically remove the container and its associated anonymous volumes when it exits"),
  list("security-opt", "Security Options"),
  value("shm-size", "bytes", "Size of /dev/shm"),
  value("stop-signal", "string", "Signal to stop the container"),
  value("stop-timeout", "int", "Timeout (in seconds) to stop a container"),
  list("sysctl", "Sysctl options"),
  list("tmpfs", "Mount a tmpfs directory"),
  flag("tty", "Allocate a pseudo-TTY", "t"),
  list("ulimit", "Ulimit options"),
  value("user", "string", "Username or UID (format: <name|uid>[:<group|gid>])", "u"),
  list("volume", "Bind mount a volume", "v"),
  value("workdir", "string", "Working directory inside the container", "w"),
];

/** The options of `docker run`. */
export const runOptions: readonly CommandOption[] = [
  ...createOptions,
  flag("detach", "Run container in background and print container ID", "d"),
  detachKeysOption,
  { ...flag("sig-proxy", "Proxy received signals to the process"), default: true },
];
