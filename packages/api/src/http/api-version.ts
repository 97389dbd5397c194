import { EngineError } from "@gantry/core";

/** The versions of the API that are spoken, without their `1.`. */
export const minimumVersion = 24;
export const currentVersion = 50;

export interface VersionedPath {
  /** Without the version, with a leading slash. */
  path: string;
  /** As the client wrote it: `1.41`; absent where it named none. */
  version: string | undefined;
}

/** Takes the version off a path: `/v1.41/info`. */
export function splitVersion(path: string): VersionedPath {
  const match = /^\/v([0-9.]+)(\/.*)$/.exec(path);
  return match === null ? { path, version: undefined } : { path: match[2]!, version: match[1] };
}

/** Errors: `invalid-argument` in Docker's words for one that is not spoken. */
export function negotiateVersion(version: string | undefined): number {
  if (version === undefined) return currentVersion;
  const number = versionNumber(version);
  if (number < minimumVersion) {
    const remedy = "please upgrade your client to a newer version";
    throw new EngineError(
      "invalid-argument",
      `client version ${version} is too old. Minimum supported API version is 1.${minimumVersion}, ${remedy}`,
    );
  }
  if (number > currentVersion) {
    throw new EngineError(
      "invalid-argument",
      `client version ${version} is too new. Maximum supported API version is 1.${currentVersion}`,
    );
  }
  return number;
}

/** Clients before 1.24 read an error's body as text. */
export function readsJsonErrors(version: string | undefined): boolean {
  return version === undefined || versionNumber(version) >= minimumVersion;
}

function versionNumber(version: string): number {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major === 1 ? minor : major < 1 ? 0 : Number.POSITIVE_INFINITY;
}
