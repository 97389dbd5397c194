import { randomUUID } from "node:crypto";
import { chmod, mkdir, opendir, readdir, rename } from "node:fs/promises";
import { join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";

import { type CallOptions, EngineError, type Lifecycled, Paths, inject } from "@gantry/core";
import type { Volume, VolumeDriver, VolumeOptions } from "@gantry/core";
import { errnoOf, fileError, removeTree } from "@gantry/files";

import { LocalVolumeOptions } from "./local-volume-options.ts";
import { type VolumeRecord, readRecord, writeRecord } from "./volume-record.ts";
import { addUser, removeUser, usersOf } from "./volume-users.ts";

/** Begins the names of directories that are being made or removed; no volume's name begins so. */
const unfinished = ".";

/** VolumeDriver in a directory: `<root>/<name>/_data` is the content, `volume.json` and `users` beside it the rest. */
export class LocalVolumeDriver implements VolumeDriver, Lifecycled {
  readonly name = "local";
  readonly #root: string;
  #started: Promise<void> | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** @param options without a root, volumes live in `volumes` beneath the data root */
  constructor(@inject(LocalVolumeOptions) options: LocalVolumeOptions, @inject(Paths) paths?: Paths) {
    const root = options.root ?? (paths && join(paths.dataRoot, "volumes"));
    if (root === undefined) throw new EngineError("invalid-argument", "root is missing: give a directory for volumes");
    this.#root = resolve(root);
  }

  /** Removes what unfinished calls left. Any other call does it first when nobody did. */
  start(): Promise<void> {
    return (this.#started ??= wrap(`open ${this.#root}`, async () => {
      await mkdir(this.#root, { recursive: true, mode: 0o711 });
      for (const name of await readdir(this.#root)) {
        if (name.startsWith(unfinished)) await removeTree(join(this.#root, name));
      }
    }));
  }

  create(name: string, options: VolumeOptions, call?: CallOptions): Promise<Volume> {
    return this.#next(`create volume ${name}`, name, call, async (directory) => {
      const { labels, driverOptions } = options;
      const [unknown] = Object.keys(driverOptions);
      if (unknown !== undefined) {
        throw new EngineError(
          "invalid-argument",
          `volume option ${unknown} is not known to the local driver: leave it out`,
        );
      }
      const existing = await readRecord(directory);
      if (existing !== undefined) {
        if (isDeepStrictEqual(existing.labels, labels)) return volumeOf(name, directory, existing);
        throw new EngineError("conflict", `volume ${name} exists with other options: remove it or choose another name`);
      }
      const record = { labels, driverOptions, createdAt: new Date().toISOString() };
      const made = this.#unfinished();
      try {
        await mkdir(join(made, "_data"), { recursive: true });
        // Whatever the umask says: users in containers must get in.
        await chmod(made, 0o711);
        await chmod(join(made, "_data"), 0o755);
        await writeRecord(made, record);
        await rename(made, directory);
      } catch (thrown) {
        await removeTree(made);
        throw thrown;
      }
      return volumeOf(name, directory, record);
    });
  }

  get(name: string, call?: CallOptions): Promise<Volume | undefined> {
    return this.#next(`look up volume ${name}`, name, call, async (directory) => {
      const record = await readRecord(directory);
      return record && volumeOf(name, directory, record);
    });
  }

  async *list(call?: CallOptions): AsyncIterable<Volume> {
    call?.signal?.throwIfAborted();
    await this.start();
    const names = await wrap("list volumes", () => readdir(this.#root));
    for (const name of names.toSorted()) {
      // Removed meanwhile, or never a volume.
      const volume = isName(name) ? await this.get(name, call) : undefined;
      if (volume !== undefined) yield volume;
    }
  }

  remove(name: string, call?: CallOptions): Promise<void> {
    return this.#next(`remove volume ${name}`, name, call, async (directory) => {
      await expectVolume(name, directory);
      const users = await usersOf(directory);
      if (users.length > 0) {
        const message = `volume ${name} is in use by ${users.join(", ")}: remove that first`;
        throw new EngineError("conflict", message, { details: { user: users[0]! } });
      }
      const removed = this.#unfinished();
      await rename(directory, removed);
      await removeTree(removed);
    });
  }

  mount(name: string, user: string, call?: CallOptions): Promise<string> {
    return this.#next(`mount volume ${name}`, name, call, async (directory) => {
      await expectVolume(name, directory);
      await addUser(directory, user);
      return join(directory, "_data");
    });
  }

  unmount(name: string, user: string, call?: CallOptions): Promise<void> {
    return this.#next(`unmount volume ${name}`, name, call, async (directory) => {
      await expectVolume(name, directory);
      await removeUser(directory, user);
    });
  }

  #unfinished(): string {
    return join(this.#root, `${unfinished}${randomUUID()}`);
  }

  /** One call after another: each reads a record and may write it again. */
  async #next<T>(
    doing: string,
    name: string,
    call: CallOptions | undefined,
    work: (directory: string) => Promise<T>,
  ): Promise<T> {
    call?.signal?.throwIfAborted();
    if (!isName(name)) {
      const rule = "1 to 255 of A-Z a-z 0-9 _ . - are allowed, the first a letter or digit";
      throw new EngineError("invalid-argument", `volume name ${JSON.stringify(name)} is malformed: ${rule}`);
    }
    await this.start();
    const turn = this.#last.then(() => wrap(doing, () => work(join(this.#root, name))));
    this.#last = turn.catch(() => {});
    return turn;
  }
}

function isName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_.-]{0,254}$/.test(name);
}

async function expectVolume(name: string, directory: string): Promise<void> {
  if ((await readRecord(directory)) === undefined) throw new EngineError("not-found", `no such volume: ${name}`);
}

async function volumeOf(name: string, directory: string, record: VolumeRecord): Promise<Volume> {
  const { labels, driverOptions, createdAt } = record;
  const mountpoint = join(directory, "_data");
  return { name, labels, driverOptions, createdAt: new Date(createdAt), mountpoint, empty: await isEmpty(mountpoint) };
}

/** A volume is new as long as it holds nothing, whoever it was that put something in. */
async function isEmpty(path: string): Promise<boolean> {
  const directory = await opendir(path).catch((thrown: unknown) => {
    if (errnoOf(thrown) === "ENOENT") return undefined;
    throw thrown;
  });
  if (directory === undefined) return true;
  try {
    return (await directory.read()) === null;
  } finally {
    await directory.close();
  }
}

async function wrap<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw fileError(doing, thrown);
  }
}
