import { describe, expect, it } from "vitest";

import { namedDaemon } from "../src/engine-address.ts";

const none = { debug: false, embedded: false, tls: { use: false, verify: false } };

describe("the daemon that is named", () => {
  it.each([
    [{ host: "unix:///x" }, {}, "unix:///x"],
    [{ host: "/x" }, {}, "unix:///x"],
    [{ host: "h:1" }, {}, "tcp://h:1"],
    [{}, { DOCKER_HOST: "tcp://h:2" }, "tcp://h:2"],
    [{ host: "tcp://h:1", dataRoot: "/d" }, { DOCKER_HOST: "tcp://h:2" }, "tcp://h:1"],
  ])("by %j and %j is %s", (options, environment, address) => {
    expect(namedDaemon({ ...none, ...options }, environment)).toEqual({ address, tls: undefined });
  });

  it.each([
    [{}, {}],
    [{}, { DOCKER_HOST: "" }],
    [{ dataRoot: "/d" }, { DOCKER_HOST: "tcp://h:2" }],
    [{ execRoot: "/e" }, { DOCKER_HOST: "tcp://h:2" }],
  ])("by %j and %j is none", (options, environment) => {
    expect(namedDaemon({ ...none, ...options }, environment)).toBeUndefined();
  });
});

describe("TLS", () => {
  const host = { ...none, host: "tcp://h:1" };

  it("is what the environment says", () => {
    const environment = { DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: "/c" };
    expect(namedDaemon(host, environment)?.tls).toEqual({
      verify: true,
      ca: "/c/ca.pem",
      cert: "/c/cert.pem",
      key: "/c/key.pem",
    });
  });

  it("is what the options say, with files in the home directory", () => {
    const options = { ...host, tls: { use: true, verify: false, cert: "/my.pem" } };
    expect(namedDaemon(options, { HOME: "/home/me" })?.tls).toEqual({
      verify: false,
      cert: "/my.pem",
      key: "/home/me/.docker/key.pem",
    });
    expect(namedDaemon({ ...host, tls: { use: false, verify: true, ca: "/ca" } }, {})?.tls).toMatchObject({
      ca: "/ca",
    });
  });
});
