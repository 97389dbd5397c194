import type { ImageSummary } from "@gantry/engine";

import type { ListField } from "./formatted-list.ts";
import { goTime } from "./go-time.ts";
import { humanAge } from "./human-duration.ts";
import { humanSize } from "./human-size.ts";
import { shortId } from "./short-text.ts";

/** One line of `docker images`: an image under one of its names. */
export interface ImageRow {
  repository: string;
  tag: string;
  image: ImageSummary;
}

const none = "<none>";

/** Newest first; an image has a line for each name, or one without a name. */
export function imageRows(images: readonly ImageSummary[]): ImageRow[] {
  return images
    .toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
    .flatMap((image) => {
      const names = image.tags.length === 0 ? [`${none}:${none}`] : image.tags;
      return names.map((name) => ({ ...splitName(name), image }));
    });
}

/** Whether a line is meant by `REPOSITORY[:TAG]`. */
export function matchesRepository({ repository, tag }: ImageRow, wanted: string): boolean {
  return wanted === repository || wanted === `${repository}:${tag}`;
}

export function imageFields(options: { now: number; truncate: boolean }): readonly ListField<ImageRow>[] {
  const { now, truncate } = options;
  return [
    { name: "Repository", heading: "REPOSITORY", value: (row) => row.repository },
    { name: "Tag", heading: "TAG", value: (row) => row.tag },
    { name: "ID", heading: "IMAGE ID", value: ({ image }) => (truncate ? shortId(image.id) : image.id) },
    { name: "CreatedSince", heading: "CREATED", value: ({ image }) => `${humanAge(image.createdAt, now)} ago` },
    { name: "CreatedAt", heading: "CREATED AT", value: ({ image }) => goTime(image.createdAt) },
    { name: "Size", heading: "SIZE", value: ({ image }) => humanSize(image.size) },
  ];
}

/** The colon of a tag comes after the last slash; one before belongs to a registry's port. */
function splitName(name: string): { repository: string; tag: string } {
  const colon = name.lastIndexOf(":");
  if (colon <= name.lastIndexOf("/")) return { repository: name, tag: none };
  return { repository: name.slice(0, colon), tag: name.slice(colon + 1) };
}
