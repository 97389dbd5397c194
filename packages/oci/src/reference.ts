import { FormatError } from "./format-error.ts";

/**
 * An image name as the distribution specification and Docker read it: `[domain/]path[:tag][@digest]`.
 *
 * `parseReference` completes what a user leaves out, as Docker does: the domain `docker.io`, and the path prefix `library/`
 * of an official image. The tag is completed by {@link withDefaultTag} only, because some calls tell the two apart.
 */
export interface Reference {
  /** With port: `docker.io`, `localhost:5000`. */
  domain: string;
  /** `library/busybox` */
  path: string;
  tag?: string;
  digest?: string;
}

export const defaultDomain = "docker.io";
export const defaultTag = "latest";
const officialPrefix = "library/";

const domainComponent = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const domainPattern = `(?:${domainComponent}(?:\\.${domainComponent})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const pathComponent = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const tagPattern = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}";
const digestPattern = "[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}";
const referencePattern = new RegExp(
  `^(${domainPattern})/(${pathComponent}(?:/${pathComponent})*)(?::(${tagPattern}))?(?:@(${digestPattern}))?$`,
);
const maximumNameLength = 255;

/** Throws a {@link FormatError} whose text is Docker's. */
export function parseReference(text: string): Reference {
  if (/^[a-f0-9]{64}$/.test(text)) {
    throw new FormatError(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  }
  const { domain, remainder } = splitDomain(text);
  const name = remainder.split("@")[0]!.split(":")[0]!;
  if (name !== name.toLowerCase()) {
    throw new FormatError(`invalid reference format: repository name (${name}) must be lowercase`);
  }
  const match = referencePattern.exec(`${domain}/${remainder}`);
  if (!match) throw new FormatError("invalid reference format");
  const [, parsedDomain, path, tag, digest] = match;
  if (`${parsedDomain}/${path}`.length > maximumNameLength) {
    throw new FormatError(`repository name must not be more than ${maximumNameLength} characters`);
  }
  if (digest?.startsWith("sha256:") && !/^sha256:[a-f0-9]{64}$/.test(digest)) {
    throw new FormatError("invalid reference format");
  }
  return {
    domain: parsedDomain!,
    path: path!,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** The first component is a domain only if it looks like one; otherwise `a/b` would be a host named `a`. */
function splitDomain(text: string): { domain: string; remainder: string } {
  const slash = text.indexOf("/");
  const first = slash < 0 ? "" : text.slice(0, slash);
  const isDomain = slash >= 0 && (/[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase());
  const domain = !isDomain || first === "index.docker.io" ? defaultDomain : first;
  const remainder = isDomain ? text.slice(slash + 1) : text;
  const official = domain === defaultDomain && !remainder.split("@")[0]!.includes("/");
  return { domain, remainder: official ? officialPrefix + remainder : remainder };
}

/** The reference with `:latest` where it has neither tag nor digest. */
export function withDefaultTag(reference: Reference): Reference {
  return reference.tag === undefined && reference.digest === undefined ? { ...reference, tag: defaultTag } : reference;
}

/** Domain and path: `docker.io/library/busybox`. */
export function repositoryOf(reference: Reference): string {
  return `${reference.domain}/${reference.path}`;
}

/** The full text: `docker.io/library/busybox:latest`. */
export function canonicalReference(reference: Reference): string {
  return repositoryOf(reference) + suffixOf(reference);
}

/** What Docker shows: `busybox:latest`. */
export function familiarReference(reference: Reference): string {
  return familiarRepository(reference) + suffixOf(reference);
}

/** What Docker shows as the repository: `busybox`. */
export function familiarRepository(reference: Reference): string {
  if (reference.domain !== defaultDomain) return repositoryOf(reference);
  const short = reference.path.startsWith(officialPrefix)
    ? reference.path.slice(officialPrefix.length)
    : reference.path;
  return short.includes("/") ? reference.path : short;
}

function suffixOf(reference: Reference): string {
  const tag = reference.tag === undefined ? "" : `:${reference.tag}`;
  return reference.digest === undefined ? tag : `${tag}@${reference.digest}`;
}
