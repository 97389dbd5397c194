import type { ImageListItem } from "./api-documents.ts";
import type { ListField } from "./formatted-list.ts";
import { goTime } from "./go-time.ts";
import { humanAge } from "./human-duration.ts";
import { humanSize, preciseSize } from "./human-size.ts";
import { shortId } from "./short-text.ts";

/** One line of `docker images`: an image under one of its names. */
export interface ImageRow {
  repository: string;
  tag: string;
  digest: string;
  image: ImageListItem;
}

const none = "<none>";

/** An image has a line for each name, or one without a name. @param digests a line for each digest as well */
export function imageRows(images: readonly ImageListItem[], digests: boolean): ImageRow[] {
  return images.flatMap((image) => {
    const known = (image.RepoDigests ?? []).filter((name) => !name.startsWith(none));
    const names = (image.RepoTags ?? []).filter((name) => !name.startsWith(none)).map(splitName);
    // What was pulled by its digest has no tag.
    const untagged = [...new Set(known.map(repositoryOf))].filter(
      (name) => !names.some((row) => row.repository === name),
    );
    const rows = [...names, ...untagged.map((repository) => ({ repository, tag: none }))];
    if (rows.length === 0) return [{ repository: none, tag: none, digest: none, image }];
    return rows.flatMap(({ repository, tag }) => {
      const mine = known.filter((name) => repositoryOf(name) === repository).map((name) => name.split("@")[1]!);
      const shown = digests && mine.length > 0 ? mine : [none];
      return shown.map((digest) => ({ repository, tag, digest, image }));
    });
  });
}

export function imageFields(options: { now: number; truncate: boolean }): readonly ListField<ImageRow>[] {
  const { now, truncate } = options;
  const size = ({ image }: ImageRow): string => humanSize(image.Size ?? 0);
  return [
    { name: "Repository", heading: "REPOSITORY", value: (row) => row.repository },
    { name: "Tag", heading: "TAG", value: (row) => row.tag },
    { name: "Digest", heading: "DIGEST", value: (row) => row.digest },
    { name: "ID", heading: "IMAGE ID", value: ({ image }) => (truncate ? shortId(image.Id) : image.Id) },
    { name: "CreatedSince", heading: "CREATED", value: ({ image }) => `${humanAge(createdAt(image), now)} ago` },
    { name: "CreatedAt", heading: "CREATED AT", value: ({ image }) => goTime(createdAt(image)) },
    { name: "Size", heading: "SIZE", value: size },
    { name: "VirtualSize", heading: "SIZE", value: size },
    { name: "SharedSize", heading: "SHARED SIZE", value: ({ image }) => measured(image.SharedSize) },
    { name: "UniqueSize", heading: "UNIQUE SIZE", value: ({ image }) => uniqueSize(image) },
    { name: "Containers", heading: "CONTAINERS", value: ({ image }) => count(image.Containers) },
  ];
}

function createdAt({ Created = 0 }: ImageListItem): string {
  return new Date(Created * 1000).toISOString();
}

/** -1 is what was not measured. */
function measured(bytes = -1): string {
  return bytes < 0 ? "N/A" : preciseSize(bytes);
}

function uniqueSize({ Size = -1, SharedSize = -1 }: ImageListItem): string {
  return Size < 0 || SharedSize < 0 ? "N/A" : preciseSize(Size - SharedSize);
}

function count(number = -1): string {
  return number < 0 ? "N/A" : String(number);
}

function repositoryOf(nameWithDigest: string): string {
  return nameWithDigest.split("@")[0]!;
}

/** The colon of a tag comes after the last slash; one before belongs to a registry's port. */
function splitName(name: string): { repository: string; tag: string } {
  const colon = name.lastIndexOf(":");
  if (colon <= name.lastIndexOf("/")) return { repository: name, tag: none };
  return { repository: name.slice(0, colon), tag: name.slice(colon + 1) };
}
