import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { delimiter, dirname, join } from "node:path";

import { HttpTransport } from "@gantry/http-transport";
import { describe, expect, test } from "vitest";

import { canMakeCertificates, makeCertificates } from "../../plugins/http-transport/test/certificates.ts";
import { DaemonProcess } from "../harness/daemon.ts";
import { temporaryRoots } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { obstacle, titled } from "../harness/requirements.ts";

/** What the daemon says of itself on a unix socket. */
function info(socketPath: string): Promise<{ Debug: boolean; Labels: string[] }> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path: "/info" }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      response.on("end", () => resolve(JSON.parse(text) as { Debug: boolean; Labels: string[] }));
    });
    call.on("error", reject).end();
  });
}

const reason = obstacle();
describe.skipIf(reason)(titled("the daemon as a service", reason), () => {
  const noActivation = obstacle("systemd-socket-activate");
  test.skipIf(noActivation)(titled("is started by a socket that is there before it", noActivation), async () => {
    using roots = temporaryRoots();
    const socket = join(dirname(roots.dataRoot), "activated.sock");
    const activate = ["systemd-socket-activate", "-l", socket];
    const starting = DaemonProcess.start(roots, ["fd://"], { prefix: activate });
    // The first client starts it, and is served.
    const first = await eventually(
      () => info(socket).catch(() => undefined),
      (answer) => answer !== undefined,
      30_000,
    );
    expect(first).toMatchObject({ Debug: false });
    await using daemon = await starting;
    expect(daemon.addresses).toEqual(["fd://3"]);
  });

  test("tells the service manager when it is ready", async () => {
    using roots = temporaryRoots();
    const directory = join(dirname(roots.dataRoot), "bin");
    mkdirSync(directory, { recursive: true });
    const notifier = join(directory, "systemd-notify");
    writeFileSync(notifier, `#!/bin/sh\necho "$@" >> ${directory}/said\n`);
    chmodSync(notifier, 0o755);
    const environment = { NOTIFY_SOCKET: "/nowhere", PATH: directory + delimiter + process.env["PATH"]! };
    await using daemon = await DaemonProcess.start(roots, [], { environment });
    const said = () => readFileSync(join(directory, "said"), "utf8");
    await eventually(
      () => {
        try {
          return said();
        } catch {
          return "";
        }
      },
      Boolean,
      10_000,
    );
    expect(said()).toBe(`--ready --pid=${daemon.pid}\n`);
  });

  test("reads its configuration again at SIGHUP, and keeps the old one when it is broken", async () => {
    using roots = temporaryRoots();
    const file = join(dirname(roots.dataRoot), "daemon.json");
    writeFileSync(file, '{"labels": ["one"]}');
    await using daemon = await DaemonProcess.start(roots, [], { flags: ["--config-file", file] });
    const socket = join(roots.execRoot, "docker.sock");
    expect(await info(socket)).toMatchObject({ Debug: false, Labels: ["one"] });
    writeFileSync(file, '{"labels": ["two"], "debug": true}');
    daemon.signal("SIGHUP");
    await eventually(
      () => info(socket),
      ({ Debug }) => Debug,
      10_000,
    );
    expect(await info(socket)).toMatchObject({ Labels: ["two"] });
    writeFileSync(file, "broken");
    daemon.signal("SIGHUP");
    await eventually(
      () => daemon.log,
      (log) => log.includes("not reloaded"),
      10_000,
    );
    expect(await info(socket)).toMatchObject({ Debug: true, Labels: ["two"] });
  });

  test("leaves when nobody needs it, and stops at SIGTERM", async () => {
    using roots = temporaryRoots();
    const idle = await DaemonProcess.start(roots, [], { flags: ["--idle-timeout", "1"] });
    expect(await idle.ended).toBe(0);
    const stopped = await DaemonProcess.start(roots, []);
    stopped.signal("SIGTERM");
    expect(await stopped.ended).toBe(0);
  });

  const noCertificates = canMakeCertificates ? undefined : "needs openssl";
  test.skipIf(noCertificates)(
    titled("serves over TLS only clients that its authority has signed", noCertificates),
    async () => {
      using roots = temporaryRoots();
      using certificates = makeCertificates();
      const { ca, cert, key } = certificates.server;
      const flags = ["--tlsverify", "--tlscacert", ca!, "--tlscert", cert!, "--tlskey", key!];
      await using daemon = await DaemonProcess.start(roots, ["tcp://127.0.0.1:0"], { flags });
      const status = async (transport: HttpTransport): Promise<number> => {
        const connection = await transport.dial(daemon.addresses[0]!);
        try {
          return (await connection.request({ method: "GET", path: "/_ping" })).status;
        } finally {
          await connection.close();
        }
      };
      expect(await status(new HttpTransport({ tls: certificates.client }))).toBe(200);
      await expect(status(new HttpTransport({ tls: certificates.stranger }))).rejects.toMatchObject({
        code: "unavailable",
      });
      await expect(status(new HttpTransport())).rejects.toMatchObject({ code: "unavailable" });
    },
  );
});
