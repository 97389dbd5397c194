import type { JsonReader } from "./json-reader.ts";

/** As in the OCI image index: the Go names of operating system and architecture. */
export interface Platform {
  os: string;
  architecture: string;
  /** `v7`, `v8` … */
  variant?: string;
}

/** The platform of a Linux host whose architecture is named as Node names it (`x64`, `arm64`). */
export function platformOf(nodeArchitecture: string): Platform {
  switch (nodeArchitecture) {
    case "x64":
      return { os: "linux", architecture: "amd64" };
    case "ia32":
      return { os: "linux", architecture: "386" };
    case "arm64":
      return { os: "linux", architecture: "arm64", variant: "v8" };
    case "arm":
      return { os: "linux", architecture: "arm", variant: "v7" };
    default:
      return { os: "linux", architecture: nodeArchitecture };
  }
}

/** Whether an image for `offered` runs on `wanted`. A variant that either side leaves out is any. */
export function platformMatches(offered: Platform, wanted: Platform): boolean {
  return (
    offered.os === wanted.os &&
    offered.architecture === wanted.architecture &&
    (offered.variant === undefined || wanted.variant === undefined || offered.variant === wanted.variant)
  );
}

/** The first candidate that runs on `wanted`, one of the same variant before others. */
export function selectPlatform<T extends { platform?: Platform }>(
  candidates: readonly T[],
  wanted: Platform,
): T | undefined {
  const matching = candidates.filter(({ platform }) => platform !== undefined && platformMatches(platform, wanted));
  return matching.find(({ platform }) => platform?.variant === wanted.variant) ?? matching[0];
}

export function readPlatform(reader: JsonReader): Platform {
  const variant = reader.optionalString("variant");
  return {
    os: reader.string("os"),
    architecture: reader.string("architecture"),
    ...(variant === undefined ? {} : { variant }),
  };
}

/** `linux/arm64/v8` */
export function formatPlatform(platform: Platform): string {
  return [platform.os, platform.architecture, platform.variant].filter(Boolean).join("/");
}
