import { EngineError, type LogEntry } from "@gantry/core";
import { HttpTransport } from "@gantry/http-transport";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { RemoteEngine } from "../src/index.ts";
import { PrivateDockerd, dockerdObstacle } from "./private-dockerd.ts";
import { all, chunks } from "./scripted-server.ts";

const obstacle = dockerdObstacle();
const title = "an engine behind a real dockerd";

describe.skipIf(obstacle !== undefined)(obstacle === undefined ? title : `${title} (skipped: ${obstacle})`, () => {
  let daemon: PrivateDockerd;
  let engine: RemoteEngine;

  beforeAll(async () => {
    daemon = await PrivateDockerd.start();
    engine = await RemoteEngine.connect(await new HttpTransport().dial(daemon.address));
    const archive = daemon.busyboxArchive();
    const config = { env: ["GREETING=hello"], command: ["sh"] };
    await engine.images.importLayer(chunks(archive), { name: "bb:1", config, comment: "test" });
  });
  afterAll(async () => {
    await engine?.close();
    await daemon?.[Symbol.asyncDispose]();
  });

  const quiet = { networkMode: "none" } as const;
  const textOf = (entries: readonly LogEntry[], stream: string): string =>
    entries
      .filter((entry) => entry.stream === stream)
      .map(({ data }) => new TextDecoder().decode(data))
      .join("");

  async function create(command: readonly string[], config: object = {}, hostConfig: object = {}): Promise<string> {
    const options = { config: { image: "bb:1", command, ...config }, hostConfig: { ...quiet, ...hostConfig } };
    return (await engine.containers.create(options)).id;
  }

  it("tells of itself", async () => {
    expect(await engine.info()).toMatchObject({ storageDriver: "overlay2", images: 1, containers: { total: 0 } });
    expect(Number(engine.apiVersion.slice(2))).toBeGreaterThanOrEqual(41);
    expect((await engine.diskUsage()).images).toHaveLength(1);
  });

  it("imports, lists, tags, inspects and removes images", async () => {
    const { images } = engine;
    await images.tag("bb:1", "example/bb:2");
    const [image] = await images.list();
    expect(image!.tags.toSorted()).toEqual(["bb:1", "example/bb:2"]);
    expect(await images.inspect("bb:1")).toMatchObject({
      record: { id: image!.id, defaults: { env: ["GREETING=hello"], command: ["sh"] } },
    });
    expect(await images.history("bb:1")).toMatchObject([{ comment: "test" }]);
    expect(await images.remove("example/bb:2")).toEqual({ untagged: ["example/bb:2"], deleted: [] });
    await expect(images.inspect("nothing")).rejects.toMatchObject({ code: "not-found" });
    expect(await images.has("nothing")).toBe(false);
  });

  it("runs a container: streams, exit status, events, removal", async () => {
    const events = engine.events.subscribe({ filters: { type: ["container"] } });
    const id = await create(["sh", "-c", "echo $GREETING; echo err >&2; cat; exit 3"], {
      openStdin: true,
      stdinOnce: true,
    });
    const attachment = await engine.containers.attach(id);
    const exit = engine.containers.wait(id, "next-exit");
    await engine.containers.start(id);
    await attachment.writeStdin(Buffer.from("from stdin"));
    await attachment.closeStdin();
    const output = await all(attachment.output);
    expect([textOf(output, "stdout"), textOf(output, "stderr")]).toEqual(["hello\nfrom stdin", "err\n"]);
    expect(await exit).toEqual({ exitCode: 3 });
    const inspected = await engine.containers.inspect(id);
    expect(inspected).toMatchObject({ id, image: "bb:1", state: { status: "exited", exitCode: 3 } });
    expect(await engine.containers.list()).toEqual([]);
    expect(await engine.containers.list({ all: true })).toMatchObject([
      { id, state: { status: "exited", exitCode: 3 } },
    ]);
    await engine.containers.remove(id);
    const actions: string[] = [];
    for await (const { id: of, action } of events) {
      expect(of).toBe(id);
      actions.push(action);
      if (action === "destroy") break;
    }
    expect(actions).toEqual(["create", "attach", "start", "die", "destroy"]);
  });

  it("keeps logs, with times", async () => {
    const id = await create(["sh", "-c", "echo one; echo two words >&2; echo three"]);
    const exit = engine.containers.wait(id, "next-exit");
    const before = BigInt(Date.now()) * 1_000_000n;
    await engine.containers.start(id);
    await exit;
    const logs = await all(engine.containers.logs(id, { follow: true }));
    expect([textOf(logs, "stdout"), textOf(logs, "stderr")]).toEqual(["one\nthree\n", "two words\n"]);
    for (const { time } of logs) expect(time).toBeGreaterThan(before);
    // Which line is the last is up to dockerd: it copies the two streams apart from each other.
    expect(await all(engine.containers.logs(id, { tail: 1 }))).toEqual(logs.slice(-1));
    expect(await all(engine.containers.logs(id, { until: before }))).toEqual([]);
    await engine.containers.remove(id);
  });

  it("keeps the logs of a line that is longer than a buffer", async () => {
    const id = await create(["sh", "-c", "i=0; while [ $i -lt 5000 ]; do printf '%07d ' $i; i=$((i+1)); done"]);
    const exit = engine.containers.wait(id, "next-exit");
    await engine.containers.start(id);
    await exit;
    const expected = Array.from({ length: 5000 }, (_, index) => `${String(index).padStart(7, "0")} `).join("");
    expect(textOf(await all(engine.containers.logs(id)), "stdout")).toBe(expected);
    await engine.containers.remove(id);
  });

  it("gives a terminal", async () => {
    const id = await create(["sh", "-c", "tty; stty size"], { terminal: true, openStdin: true });
    const attachment = await engine.containers.attach(id);
    expect(attachment.terminal).toBe(true);
    await engine.containers.start(id);
    const output = textOf(await all(attachment.output), "stdout");
    expect(output).toMatch(/^\/dev\/(pts\/0|console)\r\n/);
    expect(textOf(await all(engine.containers.logs(id)), "stdout")).toBe(output);
    await engine.containers.remove(id);
  });

  it("does everything else to a running container", async () => {
    const { containers, execs } = engine;
    const id = await create(["sleep", "1000"], { labels: { a: "b" } });
    await containers.start(id);
    await expect(containers.start(id)).rejects.toMatchObject({ code: "not-modified" });
    await expect(containers.remove(id)).rejects.toMatchObject({ code: "conflict" });
    await containers.rename(id, "renamed");
    expect((await containers.list({ filters: { name: ["renamed"] } }))[0]).toMatchObject({ id, labels: { a: "b" } });
    expect((await containers.top("renamed")).processes[0]!.join(" ")).toContain("sleep 1000");
    const [sample] = await all(containers.stats(id, { oneShot: true }));
    expect(sample!.read.usage!.memory.usage).toBeGreaterThan(0);

    const { id: exec } = await execs.create(id, { command: ["cat"], openStdin: true, attachStdout: true });
    const attachment = await execs.start(exec);
    await attachment.writeStdin(Buffer.from("to and fro"));
    await attachment.closeStdin();
    expect(textOf(await all(attachment.output), "stdout")).toBe("to and fro");
    expect(await execs.inspect(exec)).toMatchObject({ running: false, exitCode: 0, command: ["cat"] });

    const { id: touch } = await execs.create(id, {
      command: ["sh", "-c", "touch /new; rm /bin/touch"],
      attachStdout: true,
    });
    await all((await execs.start(touch)).output);
    // dockerd's order is the one in which a map was walked.
    const changes = await all(containers.changes(id));
    expect(changes.toSorted((a, b) => a.path.localeCompare(b.path))).toEqual([
      { path: "/bin", kind: "modified" },
      { path: "/bin/touch", kind: "deleted" },
      { path: "/new", kind: "added" },
    ]);
    const { id: committed } = await containers.commit(id, { reference: "bb:committed", changes: ["CMD true"] });
    expect((await engine.images.inspect("bb:committed")).record.id).toBe(committed);

    await containers.update(id, { resources: { pids: 50 } });
    expect((await containers.inspect(id)).hostConfig.resources.pids).toBe(50);
    await containers.stop(id, { timeout: 0 });
    await expect(containers.stop(id)).rejects.toMatchObject({ code: "not-modified" });
    await containers.restart(id, { timeout: 0 });
    await containers.kill(id, "KILL");
    await containers.remove(id, { force: true });
    const message = `No such container: ${id}`;
    await expect(containers.inspect(id)).rejects.toMatchObject({ code: "not-found", message });
    await engine.images.remove("bb:committed");
  });

  it("moves files in and out", async () => {
    const { containers } = engine;
    const id = await create(["true"]);
    expect(await containers.statPath(id, "/bin/sh")).toMatchObject({ name: "sh", linkTarget: "/bin/busybox" });
    const { stat, archive } = await containers.readPath(id, "/bin/busybox");
    expect(stat.name).toBe("busybox");
    // Not from one to the other: this daemon serves one archive of a container at a time.
    await containers.writePath(id, "/tmp", chunks(...(await all(archive))));
    expect((await containers.statPath(id, "/tmp/busybox")).size).toBe(stat.size);
    await expect(containers.statPath(id, "/nothing")).rejects.toMatchObject({ code: "not-found" });
    let size = 0;
    for await (const chunk of containers.export(id)) size += chunk.length;
    expect(size).toBeGreaterThan(2 * stat.size);
    expect(await containers.prune()).toMatchObject({ deleted: [id] });
  });

  it("saves and loads images", async () => {
    const { images } = engine;
    const saved: Uint8Array[] = await all(images.save(["bb:1"]));
    const { id } = (await images.list())[0]!;
    expect(await images.load(chunks(...saved))).toEqual([{ id, tags: ["bb:1"] }]);
    await expect(images.load(chunks("no archive"))).rejects.toThrow(EngineError);
  });

  it("keeps volumes", async () => {
    const { volumes } = engine;
    expect(await volumes.create({ name: "v1", labels: { a: "b" } })).toMatchObject({ name: "v1", labels: { a: "b" } });
    expect(await volumes.list()).toHaveLength(1);
    const id = await create(["true"], {}, { binds: ["v1:/data"] });
    await expect(volumes.remove("v1")).rejects.toMatchObject({ code: "conflict" });
    await engine.containers.remove(id);
    await volumes.remove("v1");
    await expect(volumes.inspect("v1")).rejects.toMatchObject({ code: "not-found" });
    await volumes.create({ name: "v2" });
    expect((await volumes.prune()).deleted).toEqual(["v2"]);
  });

  it("says why a program cannot be started", async () => {
    const id = await create(["no-such-program"], {}, { autoRemove: true });
    await expect(engine.containers.start(id)).rejects.toMatchObject({ details: { reason: "executable-not-found" } });
  });

  it("fails a pull in the server's words", async () => {
    const pulled = engine.images.pull("127.0.0.1:1/nothing:1");
    await expect(pulled).rejects.toThrow(/connection refused/);
  });
});
