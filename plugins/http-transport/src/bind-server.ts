import { chmodSync, chownSync, lstatSync, mkdirSync, unlinkSync } from "node:fs";
import { type AddressInfo, type ListenOptions, type Server, connect } from "node:net";
import { dirname } from "node:path";

import { EngineError, messageOf } from "@gantry/core";

import { type Address, formatAddress } from "./address.ts";

/** Owner and group may connect: the group is how an administrator lets others in. */
const socketMode = 0o660;

/**
 * Lets a server listen. @param group owns a unix socket's file
 * @returns the address, with the port that was chosen for port 0
 * Errors: `conflict` when somebody listens there, `forbidden`, `invalid-argument` for a host that is not this machine's, or a
 * descriptor that is no socket.
 */
export async function bindServer(server: Server, address: Address, group?: number): Promise<Address> {
  if (address.scheme === "fd") {
    await listen(server, address, { fd: address.descriptor });
    return address;
  }
  if (address.scheme === "tcp") {
    await listen(server, address, { host: address.host, port: address.port });
    return { ...address, port: (server.address() as AddressInfo).port };
  }
  await removeStale(address.path);
  mkdirSync(dirname(address.path), { recursive: true, mode: 0o755 });
  await listen(server, address, { path: address.path });
  if (group !== undefined) chownSync(address.path, -1, group);
  chmodSync(address.path, socketMode);
  return address;
}

function listen(server: Server, address: Address, options: ListenOptions | { fd: number }): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const failed = (thrown: NodeJS.ErrnoException): void => reject(listenError(address, thrown));
  server.once("error", failed);
  server.listen(options, () => {
    server.off("error", failed);
    resolve();
  });
  return promise;
}

/** Removes the file of a socket on which nobody listens: what a killed engine leaves. */
async function removeStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new EngineError("conflict", `${path} exists and is not a socket: remove it or choose another address`);
  }
  if (await answers(path)) throw inUse(`unix://${path}`);
  unlinkSync(path);
}

function answers(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(path, () => resolve(true));
  // A full backlog (EAGAIN) or a missing right also mean that somebody listens.
  socket.once("error", (thrown: NodeJS.ErrnoException) => resolve(thrown.code !== "ECONNREFUSED"));
  return promise.finally(() => socket.destroy());
}

function listenError(address: Address, thrown: NodeJS.ErrnoException): EngineError {
  const name = formatAddress(address);
  const errno = thrown.code ?? "";
  const options = { cause: thrown, details: { address: name, errno } };
  if (errno === "EADDRINUSE") return inUse(name);
  if (errno === "EACCES" || errno === "EPERM") {
    return new EngineError("forbidden", `may not listen on ${name}: choose another address or run as root`, options);
  }
  if (address.scheme === "fd") {
    return new EngineError("invalid-argument", `cannot listen on ${name}: it is no listening socket`, options);
  }
  if (errno === "EADDRNOTAVAIL" || errno === "ENOTFOUND" || errno === "EAI_AGAIN") {
    return new EngineError("invalid-argument", `cannot listen on ${name}: this machine has no such address`, options);
  }
  return new EngineError("internal", `cannot listen on ${name}: ${messageOf(thrown)}`, options);
}

function inUse(name: string): EngineError {
  return new EngineError("conflict", `address ${name} is in use: stop who listens there or choose another`, {
    details: { address: name },
  });
}
