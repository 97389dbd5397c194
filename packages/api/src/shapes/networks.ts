import { createHash } from "node:crypto";

import type { ContainerRecord } from "@gantry/engine";

import type { ApiFacts } from "../api-facts.ts";

/** The networks that every engine has. */
export const predefinedNetworks = ["host", "none"] as const;
export type NetworkName = (typeof predefinedNetworks)[number];

export const networkDrivers: Readonly<Record<NetworkName, string>> = { host: "host", none: "null" };

/** By the text that they are made of: a list asks for the same ones for each container. */
const knownIds = new Map<string, string>();

/** The same for the same engine each time. */
export function networkId(facts: ApiFacts, name: NetworkName): string {
  const text = `${facts.id} network ${name}`;
  const id = knownIds.get(text) ?? createHash("sha256").update(text).digest("hex");
  knownIds.set(text, id);
  return id;
}

/**
 * A predefined network. @param containers that run in it
 * @param version `EnableIPv4` came with 1.48
 */
export function showNetwork(
  facts: ApiFacts,
  name: NetworkName,
  containers: readonly ContainerRecord[],
  version: number,
): object {
  return {
    Name: name,
    Id: networkId(facts, name),
    Created: "1970-01-01T00:00:00Z",
    Scope: "local",
    Driver: networkDrivers[name],
    ...(version >= 48 ? { EnableIPv4: true } : {}),
    EnableIPv6: false,
    IPAM: { Driver: "default", Options: null, Config: [] },
    Internal: false,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: "" },
    ConfigOnly: false,
    Containers: Object.fromEntries(containers.map((container) => [container.id, networkMember(container)])),
    Options: {},
    Labels: {},
  };
}

function networkMember({ name }: ContainerRecord): object {
  return { Name: name, EndpointID: "", MacAddress: "", IPv4Address: "", IPv6Address: "" };
}

/** `NetworkSettings` of an inspection: neither network gives the container an address. */
export function showNetworkSettings(facts: ApiFacts, container: ContainerRecord, version: number): object {
  return {
    Bridge: "",
    SandboxID: "",
    SandboxKey: "",
    Ports: {},
    HairpinMode: false,
    LinkLocalIPv6Address: "",
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    EndpointID: "",
    Gateway: "",
    GlobalIPv6Address: "",
    GlobalIPv6PrefixLen: 0,
    IPAddress: "",
    IPPrefixLen: 0,
    IPv6Gateway: "",
    MacAddress: "",
    Networks: showEndpoints(facts, container, version),
  };
}

/** `Networks` of an inspection and of a list. `DNSNames` came with 1.44, `GwPriority` with 1.48. */
export function showEndpoints(facts: ApiFacts, { hostConfig }: ContainerRecord, version: number): object {
  const name = hostConfig.networkMode;
  return {
    [name]: {
      IPAMConfig: null,
      Links: null,
      Aliases: null,
      MacAddress: "",
      DriverOpts: null,
      ...(version >= 48 ? { GwPriority: 0 } : {}),
      NetworkID: networkId(facts, name),
      EndpointID: "",
      Gateway: "",
      IPAddress: "",
      IPPrefixLen: 0,
      IPv6Gateway: "",
      GlobalIPv6Address: "",
      GlobalIPv6PrefixLen: 0,
      ...(version >= 44 ? { DNSNames: null } : {}),
    },
  };
}
