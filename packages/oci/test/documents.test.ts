import { describe, expect, it } from "vitest";

import {
  chainIds,
  digestOf,
  Digester,
  formatPlatform,
  layerCompression,
  mediaTypes,
  noImageDefaults,
  parseDigest,
  parseImageConfig,
  parseIndex,
  parseManifest,
  platformOf,
  selectPlatform,
  serializeImageConfig,
  shortDigest,
} from "../src/index.ts";
import type { Digest, ImageConfig } from "../src/index.ts";

const someDigest = digestOf("some");
const descriptor = { mediaType: mediaTypes.ociConfig, digest: someDigest, size: 4 };

describe("digests", () => {
  it("knows the SHA-256 of nothing", () => {
    expect(digestOf("")).toBe("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(shortDigest(digestOf(""))).toBe("e3b0c44298fc");
  });

  it("collects a stream", () => {
    const digester = new Digester();
    digester.update(new TextEncoder().encode("so"));
    digester.update(new TextEncoder().encode("me"));
    expect(digester.digest()).toBe(someDigest);
  });

  it.each(["sha256:", "sha512:aa", someDigest.toUpperCase(), `${someDigest}0`])("refuses %s", (text) => {
    expect(() => parseDigest(text)).toThrow(`invalid digest "${text}"`);
  });
});

describe("chain ids", () => {
  it("starts with the lowest layer's own digest and hashes each pair after it", () => {
    const [first, second, third] = ["1", "2", "3"].map((text) => digestOf(text)) as [Digest, Digest, Digest];
    const two = digestOf(`${first} ${second}`);
    expect(chainIds([])).toEqual([]);
    expect(chainIds([first, second, third])).toEqual([first, two, digestOf(`${two} ${third}`)]);
  });
});

describe("manifests", () => {
  it("reads a Docker manifest", () => {
    const manifest = parseManifest(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: mediaTypes.dockerManifest,
        config: descriptor,
        layers: [descriptor],
      }),
    );
    expect(manifest).toEqual({
      schemaVersion: 2,
      mediaType: mediaTypes.dockerManifest,
      config: descriptor,
      layers: [descriptor],
    });
  });

  it.each([
    ["{", "invalid image manifest: not a JSON document"],
    ["[]", "invalid image manifest: not a JSON object"],
    [JSON.stringify({ schemaVersion: 1 }), "schemaVersion 1 is not supported"],
    [
      JSON.stringify({ schemaVersion: 2, config: descriptor, layers: [{ ...descriptor, size: -1 }] }),
      "layers[0].size is not a size",
    ],
    [JSON.stringify({ schemaVersion: 2, config: { ...descriptor, digest: "x" }, layers: [] }), 'invalid digest "x"'],
    [JSON.stringify({ schemaVersion: 2, layers: [] }), "config is missing"],
    [JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex }), "mediaType is"],
  ])("names what is wrong in %s", (text, message) => {
    expect(() => parseManifest(text)).toThrow(message);
  });

  it("selects the manifest for a platform", () => {
    const entry = (platform: object) => ({ ...descriptor, platform });
    const index = parseIndex(
      JSON.stringify({
        schemaVersion: 2,
        manifests: [
          descriptor,
          entry({ os: "linux", architecture: "arm", variant: "v5" }),
          entry({ os: "linux", architecture: "arm", variant: "v7" }),
          entry({ os: "linux", architecture: "amd64" }),
          entry({ os: "windows", architecture: "amd64" }),
        ],
      }),
    );
    expect(selectPlatform(index.manifests, platformOf("x64"))).toBe(index.manifests[3]);
    expect(selectPlatform(index.manifests, platformOf("arm"))).toBe(index.manifests[2]);
    expect(selectPlatform(index.manifests, platformOf("s390x"))).toBeUndefined();
    expect(formatPlatform(platformOf("arm64"))).toBe("linux/arm64/v8");
  });

  it("knows how layers are compressed", () => {
    expect(layerCompression(mediaTypes.dockerLayerGzip)).toBe("gzip");
    expect(layerCompression(mediaTypes.ociLayerZstd)).toBe("zstd");
    expect(layerCompression(mediaTypes.ociLayer)).toBe("none");
    expect(() => layerCompression("text/plain")).toThrow('unsupported layer media type "text/plain"');
  });
});

describe("image configurations", () => {
  it("reads what it writes", () => {
    const image: ImageConfig = {
      os: "linux",
      architecture: "amd64",
      created: "2026-01-01T00:00:00Z",
      config: {
        ...noImageDefaults,
        user: "daemon",
        env: ["A=1"],
        command: ["sh"],
        labels: { a: "b" },
        volumes: ["/data"],
        exposedPorts: ["80/tcp"],
        stopSignal: "SIGINT",
        workingDirectory: "/srv",
        stopTimeout: 3,
        healthcheck: { test: ["CMD", "true"], interval: 1_000_000_000, retries: 5 },
        shell: ["/bin/bash", "-c"],
        onBuild: ["RUN true"],
        argsEscaped: true,
      },
      diffIds: [someDigest],
      history: [{ createdBy: "x", emptyLayer: true }],
    };
    expect(parseImageConfig(serializeImageConfig(image))).toEqual(image);
  });

  it("takes null for absent, as Go writes it", () => {
    const image = parseImageConfig(
      JSON.stringify({
        os: "linux",
        architecture: "amd64",
        config: { Env: null, Labels: null },
        rootfs: { type: "layers", diff_ids: null },
      }),
    );
    expect(image.config).toEqual(noImageDefaults);
    expect(image.diffIds).toEqual([]);
  });

  it.each([
    [{ Env: "A=1" }, "config.Env is not a list of strings"],
    [{ Shell: "sh" }, "config.Shell is not a list of strings"],
    [{ Healthcheck: { Test: "true" } }, "config.Healthcheck.Test is not a list of strings"],
    [{ Healthcheck: { Interval: -1 } }, "config.Healthcheck.Interval is not a size"],
  ])("names the field that is wrong: %j", (config, message) => {
    const image = { os: "linux", architecture: "amd64", config, rootfs: { type: "layers" } };
    expect(() => parseImageConfig(JSON.stringify(image))).toThrow(`invalid image configuration: ${message}`);
  });
});
