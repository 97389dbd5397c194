import { writeFile } from "node:fs/promises";
import path from "node:path";

import { describe, expect, it } from "vitest";

import { container, EngineFixture } from "./engine-fixture.ts";

describe("volumes", () => {
  it("are made once for a name, and with a name where none was given", async () => {
    await using fixture = await EngineFixture.open();
    const { volumes } = await fixture.start();
    const first = await volumes.create({ name: "data", labels: { a: "b" } });
    expect(await volumes.create({ name: "data" })).toEqual(first);
    const anonymous = await volumes.create({});
    expect(anonymous.name).toMatch(/^[a-f0-9]{64}$/);
    expect(anonymous.labels).toEqual({ "com.docker.volume.anonymous": "" });
    expect((await volumes.list()).map(({ name }) => name)).toEqual(["data", anonymous.name]);
    expect((await volumes.list({ label: ["a=b"] })).map(({ name }) => name)).toEqual(["data"]);
    expect(await volumes.list({ name: ["at"], driver: ["memory"] })).toHaveLength(1);
    expect(await volumes.list({ driver: ["nfs"] })).toEqual([]);
    await expect(volumes.list({ color: ["red"] })).rejects.toThrow("invalid filter 'color'");
  });

  it("are refused in Docker's words", async () => {
    await using fixture = await EngineFixture.open();
    const { volumes } = await fixture.start();
    await expect(volumes.inspect("none")).rejects.toMatchObject({
      code: "not-found",
      message: "get none: no such volume",
    });
    await expect(volumes.remove("../x")).rejects.toThrow("get ../x: no such volume");
    await volumes.remove("none", { force: true });
    await expect(volumes.create({ name: "a b" })).rejects.toThrow(
      'create a b: "a b" includes invalid characters for a local volume name',
    );
    await expect(volumes.create({ name: "x" })).rejects.toThrow("volume name is too short");
    await expect(volumes.create({ name: "data", driver: "nfs" })).rejects.toMatchObject({
      code: "not-found",
      message: 'error looking up volume plugin nfs: plugin "nfs" not found',
    });
  });

  it("stay as long as a container has them, whether or not it runs", async () => {
    await using fixture = await EngineFixture.open();
    const { volumes, containers, events } = await fixture.start();
    const { id } = await containers.create({ ...container("true"), hostConfig: { binds: ["data:/d"] } });
    await expect(volumes.remove("data")).rejects.toMatchObject({
      code: "conflict",
      message: `remove data: volume is in use - [${id}]`,
    });
    expect(await volumes.list({ dangling: ["true"] })).toEqual([]);
    await containers.remove(id);
    await volumes.remove("data");
    expect(await volumes.list()).toEqual([]);
    const told: string[] = [];
    for await (const { action, id: name } of events.subscribe({
      since: 0n,
      until: 1n << 62n,
      filters: { type: ["volume"] },
    })) {
      told.push(`${action} ${name}`);
      if (action === "destroy") break;
    }
    expect(told).toEqual(["create data", "destroy data"]);
  });

  it("are pruned when nobody has them: anonymous ones, or all", async () => {
    await using fixture = await EngineFixture.open();
    const { volumes, containers } = await fixture.start();
    await containers.create({ ...container("true"), hostConfig: { binds: ["used:/d", "/anonymous"] } });
    const { name: anonymous, mountpoint } = await volumes.create({});
    await writeFile(path.join(mountpoint, "file"), Buffer.alloc(100_000));
    await volumes.create({ name: "kept", labels: { keep: "" } });
    await volumes.create({ name: "named" });
    const first = await volumes.prune();
    expect(first.deleted).toEqual([anonymous]);
    expect(first.reclaimedBytes).toBeGreaterThan(100_000);
    expect((await volumes.prune({ all: ["true"], "label!": ["keep"] })).deleted).toEqual(["named"]);
    await expect(volumes.prune({ until: ["1h"] })).rejects.toThrow("invalid filter 'until'");
    expect(await volumes.list()).toHaveLength(3);
  });

  it("are none where no plugin provides them", async () => {
    await using fixture = await EngineFixture.open();
    const { volumes: _none, ...others } = fixture.components();
    const engine = await fixture.start({ ...others, volumes: undefined as never });
    expect(await engine.volumes.list()).toEqual([]);
    await expect(engine.volumes.create({ name: "data" })).rejects.toMatchObject({ code: "unsupported" });
  });
});
