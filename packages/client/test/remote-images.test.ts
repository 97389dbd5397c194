import { describe, expect, it } from "vitest";

import { chunks, done, json, lines, scriptedServer, textOf } from "./scripted-server.ts";

describe("images", () => {
  it("are listed and looked at", async () => {
    await using server = await scriptedServer({
      "GET /images/json": json([
        { Id: "sha256:1", RepoTags: ["a:1"], Created: 1, Size: 5, Labels: null },
        { Id: "sha256:2", RepoTags: ["<none>:<none>"], Created: 2, Size: 6 },
      ]),
      "GET /images/lib/a:1/json": json({
        Id: "sha256:1",
        RepoTags: ["lib/a:1"],
        RepoDigests: null,
        Os: "linux",
        Architecture: "amd64",
        Config: { Env: ["A=b"], Cmd: ["sh"], Volumes: { "/v": {} }, User: "" },
        RootFS: { Layers: ["sha256:aa"] },
        Size: 5,
      }),
      "GET /images/a/history": json([{ Id: "<missing>", Created: 1, CreatedBy: "sh", Tags: null, Size: 3 }]),
    });
    const { images } = server.engine;
    expect(await images.list()).toEqual([
      { id: "sha256:1", tags: ["a:1"], createdAt: "1970-01-01T00:00:01.000Z", size: 5, labels: {} },
      { id: "sha256:2", tags: [], createdAt: "1970-01-01T00:00:02.000Z", size: 6, labels: {} },
    ]);
    expect(await images.inspect("lib/a:1")).toMatchObject({
      record: { id: "sha256:1", defaults: { env: ["A=b"], command: ["sh"], volumes: ["/v"] } },
      configuration: { os: "linux", architecture: "amd64", diffIds: ["sha256:aa"] },
      tags: ["lib/a:1"],
      digests: [],
    });
    expect(await images.has("lib/a:1")).toBe(true);
    expect(await images.has("other")).toBe(false);
    expect(await images.history("a")).toMatchObject([{ id: "<missing>", createdBy: "sh", tags: [], size: 3 }]);
  });

  it.each([
    ["a", { fromImage: "a", tag: "latest" }],
    ["host:5000/a:1", { fromImage: "host:5000/a", tag: "1" }],
  ])("are pulled: %s", async (reference, query) => {
    await using server = await scriptedServer({
      "POST /images/create": lines(
        { status: "Pulling fs layer", id: "1" },
        { status: "Downloading", id: "1", progressDetail: { current: 1, total: 2 } },
        { status: "Digest: sha256:d" },
        { status: "Status: Image is up to date for a" },
      ),
      "GET /images/a/json": json({ Id: "sha256:1" }),
      "GET /images/host:5000/a:1/json": json({ Id: "sha256:1" }),
    });
    const seen: unknown[] = [];
    const pulled = await server.engine.images.pull(reference, { progress: (event) => seen.push(event) });
    expect(pulled).toEqual({ id: "sha256:1", digest: "sha256:d", upToDate: true });
    expect(server.requests[0]!.query).toEqual(query);
    expect(seen[1]).toEqual({ id: "1", status: "Downloading", current: 1, total: 2 });
  });

  it("that cannot be pulled say why, before and within the progress", async () => {
    await using server = await scriptedServer({
      "POST /images/create": ({ query }) =>
        query["fromImage"] === "a"
          ? json({ message: "pull access denied" }, 404)
          : lines({ status: "Pulling" }, { errorDetail: { message: "no space left" }, error: "no space left" }),
    });
    await expect(server.engine.images.pull("a")).rejects.toMatchObject({ code: "not-found" });
    await expect(server.engine.images.pull("b")).rejects.toThrow("no space left");
  });

  it("are made of a tar stream", async () => {
    await using server = await scriptedServer({ "POST /images/create": lines({ status: "sha256:1" }) });
    const config = { env: ['A="x" $y'], command: ["sh", "-c"], labels: { k: "v" }, user: "me" };
    const options = { name: "a:1", comment: "why", config, changes: ["EXPOSE 80"] };
    expect(await server.engine.images.importLayer(chunks("t", "ar"), options)).toEqual({ id: "sha256:1" });
    expect(server.bodies[0]).toBe("tar");
    expect(server.requests[0]!.query).toEqual({
      fromSrc: "-",
      repo: "a",
      tag: "1",
      message: "why",
      changes: ['ENV A="\\"x\\" \\$y"', 'LABEL "k"="v"', "USER me", 'CMD ["sh","-c"]', "EXPOSE 80"],
    });
  });

  it("are tagged, removed and pruned", async () => {
    await using server = await scriptedServer({
      "POST /images/a/tag": { status: 201, headers: {} },
      "DELETE /images/a:1": json([{ Untagged: "a:1" }, { Deleted: "sha256:1" }, { Deleted: "sha256:2" }]),
      "POST /images/prune": json({ ImagesDeleted: null, SpaceReclaimed: 4 }),
    });
    const { images } = server.engine;
    await images.tag("a", "r/b:2");
    expect(await images.remove("a:1", { force: true, noPrune: true })).toEqual({
      untagged: ["a:1"],
      deleted: ["sha256:1", "sha256:2"],
    });
    expect(await images.prune({ dangling: ["false"] })).toEqual({ untagged: [], deleted: [], reclaimedBytes: 4 });
    expect(server.requests.map(({ query }) => query)).toEqual([
      { repo: "r/b", tag: "2" },
      { force: "1", noprune: "1" },
      { filters: '{"dangling":{"false":true}}' },
    ]);
  });

  it("are saved and loaded", async () => {
    await using server = await scriptedServer({
      "GET /images/get": { status: 200, headers: {}, body: chunks("archive") },
      "POST /images/load": lines({ stream: "Loaded image: a:1\n" }, { stream: "Loaded image ID: sha256:2\n" }),
      "GET /images/a:1/json": json({ Id: "sha256:1" }),
      "GET /images/sha256:2/json": json({ Id: "sha256:2" }),
    });
    const { images } = server.engine;
    expect(await textOf(images.save(["a", "b:2"]))).toBe("archive");
    expect(server.requests[0]!.query).toEqual({ names: ["a", "b:2"] });
    expect(await images.load(chunks("archive"))).toEqual([
      { id: "sha256:1", tags: ["a:1"] },
      { id: "sha256:2", tags: [] },
    ]);
    expect(server.requests[1]!.query).toEqual({ quiet: "1" });
  });

  it("are left alone by an empty answer", async () => {
    await using server = await scriptedServer({ "POST /images/a/tag": done });
    await expect(server.engine.images.tag("a", "b")).resolves.toBeUndefined();
  });
});
