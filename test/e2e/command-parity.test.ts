import { spawnSync } from "node:child_process";
import { delimiter, join } from "node:path";

import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";

import { DaemonProcess } from "../harness/daemon.ts";
import { checkout, docker } from "../harness/docker.ts";
import { obstacle, titled } from "../harness/requirements.ts";

/** Docker's own client of version 28, whose output ours is to equal. */
const stock = (process.env["PATH"] ?? "")
  .split(delimiter)
  .map((directory) => join(directory, "docker"))
  .filter((path) => !path.startsWith(checkout))
  .find((path) => spawnSync(path, ["--version"], { encoding: "utf8" }).stdout?.startsWith("Docker version 28."));
const reason = obstacle() ?? (stock === undefined ? "needs Docker's own client of version 28" : undefined);
const roots = inject("roots");

/** Without ages, which go on between two calls, and what they do to the width of a column. */
function timeless(text: string): string {
  return text
    .replaceAll(/(About a minute|Less than a second|\d+ (seconds?|minutes?))( ago)?/g, "AGE")
    .replaceAll(/ {2,}/g, "  ");
}

describe.skipIf(reason !== undefined)(titled("our command prints what Docker's own prints", reason), () => {
  let daemon: DaemonProcess;

  const ours = (...args: string[]) => docker(roots, ["-H", daemon.addresses[0]!, ...args]);
  function theirs(...args: string[]) {
    const { status, stdout, stderr } = spawnSync(stock!, ["-H", daemon.addresses[0]!, ...args], { encoding: "utf8" });
    return { status, stdout, stderr };
  }

  beforeAll(async () => {
    daemon = await DaemonProcess.start(roots, [`unix://${roots.execRoot}/docker.sock`]);
    const script = "echo out; touch /new; rm /etc/passwd; exec sleep 1000";
    await ours("volume", "create", "--label", "a=b", "parity");
    const options = ["--name", "parity", "-l", "a=b", "-l", "c=", "-v", "parity:/data", "-m", "64m"];
    await ours("run", "-d", ...options, "busybox", "sh", "-c", script);
    await ours("run", "--name", "parity-ended", "busybox", "false");
    await ours("commit", "-m", "a message", "-c", "ENV A=b", "parity", "parity:1");
  });
  afterAll(async () => {
    if (daemon === undefined) return;
    await ours("rm", "-f", "parity", "parity-ended");
    await ours("rmi", "parity:1");
    await ours("volume", "rm", "parity");
    await daemon[Symbol.asyncDispose]();
  });

  test.for<string[]>([
    ["ps"],
    ["ps", "-a", "--no-trunc"],
    ["ps", "-aq", "-f", "exited=1"],
    ["ps", "-as", "--format", "table {{.Names}}\\t{{.Size}}\\t{{.Mounts}}\\t{{.LocalVolumes}}\\t{{.Networks}}"],
    ["ps", "-a", "--format", '{{.ID}} {{.Image}} {{.Command}} {{.State}} {{.Labels}} {{.Label "a"}} {{.Ports}}|'],
    ["ps", "-a", "--format", '{{json .Names}} {{upper .Image}} {{if eq .State "running"}}up{{else}}down{{end}}'],
    ["images"],
    ["images", "--digests", "--no-trunc", "parity"],
    ["images", "-q"],
    ["images", "--format", "{{.Repository}}:{{.Tag}} {{.Size}} {{.Digest}}"],
    ["history", "parity:1"],
    ["history", "--no-trunc", "-H=false", "--format", "{{.ID}} {{.CreatedBy}} {{.Size}} {{.Comment}}", "parity:1"],
    ["inspect", "parity"],
    ["inspect", "parity", "parity:1", "busybox"],
    ["inspect", "-f", "{{.State.Status}} {{.Config.Cmd}} {{json .Config.Labels}} {{len .Mounts}}", "parity"],
    ["inspect", "-f", '{{range .Mounts}}{{.Name}}:{{.Destination}} {{end}}{{index .Config.Labels "a"}}', "parity"],
    ["inspect", "-f", '{{range $k, $v := .Config.Labels}}{{$k}}={{$v}};{{end}}{{printf "%.12s" .Id}}', "parity"],
    ["inspect", "-f", "{{.ID}} {{.HostConfig.Memory}} {{.NetworkSettings.IPAddress}}|", "parity"],
    ["image", "inspect", "-f", '{{.Config.Env}} {{join .RootFS.Layers ","}}', "parity:1"],
    ["volume", "ls"],
    ["volume", "ls", "--format", "{{.Name}} {{.Driver}} {{.Labels}} {{.Scope}}"],
    ["volume", "inspect", "parity"],
    ["system", "df"],
    ["system", "df", "--format", "{{.Type}} {{.TotalCount}} {{.Active}} {{.Size}} {{.Reclaimable}}"],
    ["top", "parity"],
    ["top", "parity", "-o", "pid,args"],
    ["diff", "parity"],
    ["port", "parity"],
    ["logs", "-t", "parity"],
    ["stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}} {{.MemPerc}} {{.NetIO}} {{.PIDs}}"],
    ["events", "--since", "1h", "--until", "0s", "-f", "container=parity"],
    ["events", "--since", "1h", "--until", "0s", "--format", "json"],
    ["events", "--since", "1h", "--until", "0s", "--format", "{{.Type}} {{.Action}} {{.Actor.ID}} {{.Time}}"],
    [
      "version",
      "--format",
      "{{.Server.Version}} {{.Server.APIVersion}} {{.Server.Os}}/{{.Server.Arch}} {{len .Server.Components}}",
    ],
    ["info", "--format", "{{.Driver}} {{.ServerVersion}} {{.OperatingSystem}} {{.NCPU}} {{.MemTotal}}"],
  ])("%j", async (args) => {
    const expected = theirs(...args);
    expect(expected.status).toBe(0);
    const mine = await ours(...args);
    expect({ ...mine, stdout: timeless(mine.stdout) }).toEqual({ ...expected, stdout: timeless(expected.stdout) });
  });

  test("and fails as it does", async () => {
    for (const args of [
      ["rm", "nothing"],
      ["logs", "nothing"],
      ["inspect", "nothing"],
      ["rmi", "nothing"],
      ["stop", "nothing"],
    ]) {
      const [mine, expected] = [await ours(...args), theirs(...args)];
      expect([args, mine.status, mine.stdout]).toEqual([args, expected.status, expected.stdout]);
    }
  });
});
