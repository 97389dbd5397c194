/** What is read of the documents of Docker's API; a server may leave out or null nearly everything. */
export interface ContainerListItem {
  Id: string;
  Names?: readonly string[] | null;
  Image?: string;
  ImageID?: string;
  Command?: string;
  Created?: number;
  Ports?: readonly PortItem[] | null;
  SizeRw?: number;
  SizeRootFs?: number;
  Labels?: Readonly<Record<string, string>> | null;
  State?: string;
  Status?: string;
  NetworkSettings?: { Networks?: Readonly<Record<string, unknown>> | null } | null;
  Mounts?: readonly { Type?: string; Name?: string; Source?: string; Destination?: string }[] | null;
}

export interface PortItem {
  IP?: string;
  PrivatePort: number;
  PublicPort?: number;
  Type: string;
}

export interface ImageListItem {
  Id: string;
  RepoTags?: readonly string[] | null;
  RepoDigests?: readonly string[] | null;
  Created?: number;
  Size?: number;
  SharedSize?: number;
  Containers?: number;
  Labels?: Readonly<Record<string, string>> | null;
}

export interface VolumeItem {
  Name: string;
  Driver?: string;
  Mountpoint?: string;
  Scope?: string;
  Labels?: Readonly<Record<string, string>> | null;
  UsageData?: { Size?: number; RefCount?: number } | null;
}

/** An image's or container's name in a path. */
export function pathPart(name: string): string {
  return encodeURIComponent(name.replace(/^\//, ""))
    .replaceAll("%2F", "/")
    .replaceAll("%3A", ":")
    .replaceAll("%40", "@");
}
