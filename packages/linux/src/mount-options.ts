/** Flags of mount(2), by the names of mount(8). */
export const MountFlag = {
  readOnly: 1,
  noSuid: 2,
  noDev: 4,
  noExec: 8,
  synchronous: 16,
  mandatoryLocks: 64,
  directorySync: 128,
  noSymlinkFollow: 256,
  noAtime: 1024,
  noDirAtime: 2048,
  bind: 4096,
  recursive: 16384,
  silent: 32768,
  unbindable: 1 << 17,
  private: 1 << 18,
  slave: 1 << 19,
  shared: 1 << 20,
  relAtime: 1 << 21,
  iVersion: 1 << 23,
  strictAtime: 1 << 24,
  lazyTime: 1 << 25,
} as const;

const set: Readonly<Record<string, number>> = {
  ro: MountFlag.readOnly,
  nosuid: MountFlag.noSuid,
  nodev: MountFlag.noDev,
  noexec: MountFlag.noExec,
  sync: MountFlag.synchronous,
  mand: MountFlag.mandatoryLocks,
  dirsync: MountFlag.directorySync,
  nosymfollow: MountFlag.noSymlinkFollow,
  noatime: MountFlag.noAtime,
  nodiratime: MountFlag.noDirAtime,
  bind: MountFlag.bind,
  rbind: MountFlag.bind | MountFlag.recursive,
  silent: MountFlag.silent,
  relatime: MountFlag.relAtime,
  iversion: MountFlag.iVersion,
  strictatime: MountFlag.strictAtime,
  lazytime: MountFlag.lazyTime,
};

const clear: Readonly<Record<string, number>> = {
  rw: MountFlag.readOnly,
  suid: MountFlag.noSuid,
  dev: MountFlag.noDev,
  exec: MountFlag.noExec,
  async: MountFlag.synchronous,
  nomand: MountFlag.mandatoryLocks,
  symfollow: MountFlag.noSymlinkFollow,
  atime: MountFlag.noAtime,
  diratime: MountFlag.noDirAtime,
  loud: MountFlag.silent,
  norelatime: MountFlag.relAtime,
  noiversion: MountFlag.iVersion,
  nostrictatime: MountFlag.strictAtime,
  nolazytime: MountFlag.lazyTime,
};

const propagations: Readonly<Record<string, number>> = {
  private: MountFlag.private,
  rprivate: MountFlag.private | MountFlag.recursive,
  shared: MountFlag.shared,
  rshared: MountFlag.shared | MountFlag.recursive,
  slave: MountFlag.slave,
  rslave: MountFlag.slave | MountFlag.recursive,
  unbindable: MountFlag.unbindable,
  runbindable: MountFlag.unbindable | MountFlag.recursive,
};

export interface ParsedMountOptions {
  /** For mount(2), without propagation. */
  flags: number;
  /** For a second mount(2), with MS_REC where it is recursive; 0 when none was named. */
  propagation: number;
  /** What the file system itself is told. */
  data: string;
}

/** Splits options as mount(8) spells them; of contradicting ones the last counts. `defaults` and `x-…` mean nothing here. */
export function parseMountOptions(options: readonly string[]): ParsedMountOptions {
  let flags = 0;
  let propagation = 0;
  const data: string[] = [];
  for (const option of options) {
    if (option === "" || option === "defaults" || option.startsWith("x-")) continue;
    if (Object.hasOwn(set, option)) flags |= set[option]!;
    else if (Object.hasOwn(clear, option)) flags &= ~clear[option]!;
    else if (Object.hasOwn(propagations, option)) propagation = propagations[option]!;
    else data.push(option);
  }
  return { flags, propagation, data: data.join(",") };
}

const attributes: readonly (readonly [flag: number, attribute: number])[] = [
  [MountFlag.readOnly, 0x1],
  [MountFlag.noSuid, 0x2],
  [MountFlag.noDev, 0x4],
  [MountFlag.noExec, 0x8],
  [MountFlag.noAtime, 0x10],
  [MountFlag.strictAtime, 0x20],
  [MountFlag.noDirAtime, 0x80],
  [MountFlag.noSymlinkFollow, 0x20_0000],
];

/** The flags that belong to one mount and not to its file system, as attributes of mount_setattr(2). */
export function mountAttributes(flags: number): number {
  return attributes.reduce((sum, [flag, attribute]) => (flags & flag ? sum | attribute : sum), 0);
}
