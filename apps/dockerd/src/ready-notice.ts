import { execFile } from "node:child_process";
import { promisify } from "node:util";

/**
 * Tells the service manager that started this process that it is ready (sd_notify(3)); does nothing where there is none. Node
 * cannot send a datagram on a unix socket, so systemd's own program does, once.
 */
export async function noticeReady(environment: NodeJS.ProcessEnv = process.env): Promise<void> {
  if (!environment["NOTIFY_SOCKET"]) return;
  await promisify(execFile)("systemd-notify", ["--ready", `--pid=${process.pid}`], { env: environment });
}
