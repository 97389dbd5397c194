import type { ContainerConfig, ContainerRecord } from "@gantry/engine";

import type { JsonFields } from "../http/json-fields.ts";
import { clientFieldsOf } from "./client-fields.ts";
import { defined, nullIfEmpty } from "./defined.ts";
import { readHealthCheck, showHealthCheck } from "./health-check.ts";

/** The part of a create request, or of a commit's, that Docker calls the config. */
export function readContainerConfig(fields: JsonFields): ContainerConfig {
  return {
    image: fields.string("Image") ?? "",
    ...defined({
      command: fields.words("Cmd"),
      entrypoint: fields.words("Entrypoint"),
      env: fields.strings("Env"),
      workingDirectory: fields.string("WorkingDir"),
      user: fields.string("User"),
      hostname: fields.string("Hostname"),
      domainname: fields.string("Domainname") || undefined,
      terminal: fields.boolean("Tty"),
      openStdin: fields.boolean("OpenStdin"),
      stdinOnce: fields.boolean("StdinOnce"),
      labels: fields.stringMap("Labels"),
      stopSignal: fields.string("StopSignal"),
      stopTimeout: fields.integer("StopTimeout"),
      shell: fields.words("Shell"),
      healthcheck: readHealthCheck(fields.object("Healthcheck")),
    }),
  };
}

/** `Config` of an inspection. */
export function showContainerConfig(container: ContainerRecord, version: number): object {
  const { config } = container;
  const asked = clientFieldsOf(container).Config;
  return {
    Hostname: config.hostname,
    Domainname: config.domainname ?? "",
    User: config.user,
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    Tty: config.terminal,
    OpenStdin: config.openStdin,
    StdinOnce: config.stdinOnce,
    Env: config.env,
    Cmd: nullIfEmpty(config.command),
    ...(config.healthcheck && { Healthcheck: showHealthCheck(config.healthcheck, version) }),
    Image: config.image,
    Volumes: null,
    WorkingDir: config.workingDirectory,
    Entrypoint: nullIfEmpty(config.entrypoint),
    OnBuild: null,
    Labels: config.labels,
    ...(config.stopSignal === "SIGTERM" ? {} : { StopSignal: config.stopSignal }),
    ...defined({ StopTimeout: config.stopTimeout, Shell: config.shell }),
    ...asked,
  };
}
