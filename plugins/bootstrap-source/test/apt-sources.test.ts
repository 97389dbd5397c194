import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { hostSuite, parseIndexTargets, publicSources, sourceLine } from "../src/apt-sources.ts";

const listing = [
  "http://mirror.example/debian-security bookworm-security main",
  "http://mirror.example/debian bookworm main",
  "http://mirror.example/debian bookworm contrib",
  "http://mirror.example/debian bookworm main",
  "http://vendor.example/apt bookworm-vendor main",
  "http://vendor.example/apt nodistro main",
  "http://mirror.example/debian trixie main",
  "",
].join("\n");

describe("the sources of the host's apt", () => {
  it("are those of the suite, its updates and security fixes, the suite first, each component once", () => {
    expect(parseIndexTargets(listing, "bookworm")).toEqual([
      { uri: "http://mirror.example/debian", suite: "bookworm", components: ["main", "contrib"] },
      { uri: "http://mirror.example/debian-security", suite: "bookworm-security", components: ["main"] },
    ]);
  });

  it("become lines of a sources.list", () => {
    expect(sourceLine({ uri: "http://m.example/d", suite: "s", components: ["main", "universe"] })).toBe(
      "deb http://m.example/d s main universe",
    );
  });

  it("are shown in an image without passwords and with the keyring of the image", () => {
    const sources = [{ uri: "https://user:secret@m.example/d@x", suite: "s", components: ["main"] }];
    expect(publicSources(sources, undefined)).toBe("deb https://m.example/d@x s main\n");
    expect(publicSources(sources, "/k.gpg")).toBe("deb [signed-by=/k.gpg] https://m.example/d@x s main\n");
  });
});

describe("the host's suite", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "os-release-"));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it.each(["VERSION_CODENAME=bookworm", 'ID=x\nVERSION_CODENAME="bookworm"\n'])("is read from %j", async (content) => {
    await writeFile(join(directory, "os-release"), content);
    expect(await hostSuite(join(directory, "os-release"))).toBe("bookworm");
  });

  it.each(["ID=arch", "VERSION_CODENAME=\n", "VERSION_CODENAME=a b;c\n"])("is refused from %j", async (content) => {
    await writeFile(join(directory, "os-release"), content);
    await expect(hostSuite(join(directory, "os-release"))).rejects.toMatchObject({ code: "unavailable" });
  });

  it("is refused where there is no such file", async () => {
    await expect(hostSuite(join(directory, "none"))).rejects.toMatchObject({ code: "unavailable" });
  });
});
