import { mkdtempSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test, vi } from "vitest";

import {
  type CallOptions,
  type ContentInfo,
  type ContentWriter,
  type ImageStore,
  type IsolatedContainer,
  type IsolationBackend,
  type LogDriver,
  type LogEntry,
  type LogSink,
  type Mount,
  type ResourceLimits,
  type StateStore,
  type StateTransaction,
  type StorageDriver,
  type Transport,
  type TransportRequest,
  definePlugin,
} from "@gantry/core";
import {
  type Contract,
  MemoryImageStore,
  MemoryIsolationBackend,
  MemoryLogDriver,
  MemoryResourceLimiter,
  MemoryStateStore,
  MemoryStorageDriver,
  MemoryTransport,
  MemoryVolumeDriver,
  imageStoreChecks,
  isolationBackendChecks,
  logDriverChecks,
  resourceLimiterChecks,
  runContract,
  stateStoreChecks,
  storageDriverChecks,
  transportChecks,
  volumeDriverChecks,
} from "@gantry/testkit";

// Some of these contracts take seconds, and more on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

/**
 * The rules that an implementation breaks.
 * @param among only these are checked; default: the whole contract
 */
async function broken<S, E extends object>(
  contract: Contract<S, E>,
  make: (root: string) => S,
  extra: E & { readonly lacks?: readonly string[] },
  among = contract.checks.map(({ rule }) => rule),
): Promise<readonly string[]> {
  const plugin = definePlugin<{ root: string }>({
    name: "broken",
    provides: [contract.token],
    register: (registrar, { root }) => registrar.value(contract.token, make(root)),
  });
  const checks = among.map((wanted) => {
    const found = contract.checks.find(({ rule }) => rule === wanted);
    if (found === undefined) throw new Error(`no rule "${wanted}"`);
    return found;
  });
  const options = { plugins: ({ dir }: { dir: string }) => [plugin({ root: dir })], timeout: 5000, ...extra };
  const results = await runContract({ ...contract, checks }, options);
  return results.filter(({ outcome }) => outcome === "failed").map(({ rule }) => rule);
}

describe("a storage driver", () => {
  const inherits = "a child starts from its parent's content";
  const apart = "changes in an active snapshot are not seen in a sibling, made before or after";
  const survives = "snapshots of every kind survive a new engine with their content";
  const rules = (make: (root: string) => StorageDriver) =>
    broken(storageDriverChecks, make, {}, [inherits, apart, survives]);

  test("that forgets what it was told to commit", async () => {
    class Forgetful extends MemoryStorageDriver {
      override async commit(name: string, key: string, options?: CallOptions): Promise<void> {
        await super.remove(key, options);
        await super.prepare(key, undefined);
        await super.commit(name, key, options);
      }
    }
    expect(await rules((root) => new Forgetful({ root }))).toContain(inherits);
  });

  test("that gives all children of a parent one directory", async () => {
    class Sharing extends MemoryStorageDriver {
      readonly #firstChild = new Map<string, string>();
      override async prepare(key: string, parent?: string, options?: CallOptions): Promise<readonly Mount[]> {
        await super.prepare(key, parent, options);
        if (parent !== undefined && !this.#firstChild.has(parent)) this.#firstChild.set(parent, key);
        return this.mounts(key);
      }
      override async mounts(key: string): Promise<readonly Mount[]> {
        const { kind, parent } = await this.stat(key);
        return super.mounts((kind === "active" && this.#firstChild.get(parent ?? "")) || key);
      }
    }
    expect(await rules((root) => new Sharing({ root }))).toEqual([apart]);
  });

  test("that keeps nothing for the next engine", async () => {
    const rootOfItsOwn = (root: string) => mkdtempSync(join(root, "engine-"));
    expect(await rules((root) => new MemoryStorageDriver({ root: rootOfItsOwn(root) }))).toEqual([survives]);
  });
});

describe("an image store", () => {
  const rules = (make: (root: string) => ImageStore) => broken(imageStoreChecks, make, {});

  /** A store whose writers behave differently. */
  function withWriters(change: (writer: ContentWriter) => Partial<ContentWriter>): (root: string) => ImageStore {
    class Changed extends MemoryImageStore {
      override async writer(...parameters: Parameters<ImageStore["writer"]>): Promise<ContentWriter> {
        const writer = await super.writer(...parameters);
        const changed = change(writer);
        return new Proxy(writer, {
          get: (target, key) => {
            const value: unknown = Reflect.get(key in changed ? changed : target, key);
            return typeof value === "function" ? value.bind(target) : value;
          },
        });
      }
    }
    return (root) => new Changed({ root });
  }

  test("that loses the last chunk", async () => {
    let last: Uint8Array | undefined;
    const store = withWriters((writer) => ({
      async write(chunk: Uint8Array): Promise<void> {
        if (last !== undefined) await writer.write(last);
        last = Uint8Array.from(chunk);
      },
    }));
    expect(await rules(store)).toContain("committed content is read back, byte by byte");
  });

  test("that throws away what a closed writer held", async () => {
    const failed = await rules(withWriters((writer) => ({ close: () => writer.abort() })));
    expect(failed).toContain("a closed writer is taken up again under its ref, where it was");
    expect(failed).toContain("a closed writer is taken up again by a new engine");
    expect(failed).not.toContain("committed content is read back, byte by byte");
  });

  test("that does not check digests", async () => {
    class Trusting extends MemoryImageStore {
      override async writer(ref: string): Promise<ContentWriter> {
        return super.writer(ref);
      }
    }
    const failed = await rules((root) => new Trusting({ root }));
    expect(failed).toContain("content of another digest is refused, never visible, and the writer is thrown away");
  });

  test("that lists nothing", async () => {
    class Empty extends MemoryImageStore {
      override async *list(): AsyncIterable<ContentInfo> {}
    }
    expect(await rules((root) => new Empty({ root }))).toContain(
      "list gives all content once, and nothing of unfinished writers",
    );
  });
});

describe("a state store", () => {
  const rules = (make: (root: string) => StateStore) => broken(stateStoreChecks, make, {});

  test("that does not roll back", async () => {
    class Eager extends MemoryStateStore {
      override async transaction<R>(work: (transaction: StateTransaction) => R | Promise<R>): Promise<R> {
        let failure: { thrown: unknown } | undefined;
        const result = await super.transaction(async (transaction) => {
          try {
            return await work(transaction);
          } catch (thrown) {
            failure = { thrown };
            return undefined;
          }
        });
        if (failure !== undefined) throw failure.thrown;
        return result as R;
      }
    }
    expect(await rules((root) => new Eager({ root }))).toContain(
      "what the work throws is thrown on, and nothing is written",
    );
  });

  test("that keeps nothing for the next engine", async () => {
    expect(await rules(() => new MemoryStateStore())).toEqual(["records survive a new engine"]);
  });
});

describe("a log driver", () => {
  const rules = (make: (root: string) => LogDriver) => broken(logDriverChecks, make, {});

  test("that drops what is no text", async () => {
    class TextOnly extends MemoryLogDriver {
      override async open(...parameters: Parameters<LogDriver["open"]>): Promise<LogSink> {
        const sink = await super.open(...parameters);
        const asText = (entry: LogEntry): LogEntry => ({
          ...entry,
          data: Buffer.from(Buffer.from(entry.data).toString()),
        });
        return { ...sink, write: (entries, position) => sink.write(entries.map(asText), position) };
      }
    }
    expect(await rules((root) => new TextOnly({ root }))).toEqual([
      "a character that is split between two entries stays whole",
      "bytes that are no text are kept",
    ]);
  });

  test("that forgets its position", async () => {
    class Lost extends MemoryLogDriver {
      override async open(...parameters: Parameters<LogDriver["open"]>): Promise<LogSink> {
        return { ...(await super.open(...parameters)), lastPosition: async () => 0 };
      }
    }
    const failed = await rules((root) => new Lost({ root }));
    expect(failed).toContain("a sink that is opened again goes on where the last one ended");
    expect(failed).toContain("entries and position survive a new engine");
  });
});

test("a resource limiter that ignores an update", async () => {
  class Deaf extends MemoryResourceLimiter {
    override async create(id: string, limits: ResourceLimits, options?: CallOptions) {
      return Object.assign(await super.create(id, limits, options), { update: async () => {} });
    }
  }
  const updates = "update changes the limits that it names and leaves the others";
  const refuses = "an update with a value out of range changes nothing";
  const creates = "limits are in force at create";
  const rules = [updates, refuses, creates];
  const failed = await broken(resourceLimiterChecks, (root) => new Deaf({ root }), {}, rules);
  expect(failed).toEqual([updates, refuses]);
});

test("a transport that swallows query strings", async () => {
  class Short extends MemoryTransport {
    override async listen(...[address, handler, options]: Parameters<Transport["listen"]>) {
      const cut = (request: TransportRequest) => handler({ ...request, path: request.path.replace(/\?.*/, "") });
      return super.listen(address, cut, options);
    }
  }
  const address = ({ dir }: { dir: string }, index: number): string => `memory:${dir}/${index}`;
  const arrives = "method, path with query, headers and body reach the handler";
  const answers = "status, headers and body of the response reach the client, the names of headers in lower case";
  const failed = await broken(transportChecks, () => new Short(), { address }, [arrives, answers]);
  expect(failed).toEqual([arrives]);
});

test("a volume driver that lets a used volume go", async () => {
  class Careless extends MemoryVolumeDriver {
    override async remove(name: string): Promise<void> {
      for (const user of ["container", "container-1", "container-2"]) await this.unmount(name, user);
      await super.remove(name);
    }
  }
  const failed = await broken(volumeDriverChecks, (root) => new Careless({ root }), {});
  expect(failed).toEqual([
    "a volume in use is not removed, and the error names a user; when the last use ends it is",
    "volumes, their content and their uses survive a new engine",
  ]);
});

test("an isolation backend that mixes up exit codes and cannot find what an earlier engine made", async () => {
  class Confused extends MemoryIsolationBackend {
    override async create(...parameters: Parameters<IsolationBackend["create"]>): Promise<IsolatedContainer> {
      const container = await super.create(...parameters);
      const wait = container.wait.bind(container);
      return Object.assign(container, { wait: async () => ({ ...(await wait()), code: 0 }) });
    }
  }
  const codes = "the exit code is the program's";
  const outlives = "a running container outlives the engine, with its pid, its output and its handlers";
  const streams = "both streams are recorded, apart";
  const rootfs = async (): Promise<readonly Mount[]> => [];
  const failed = await broken(isolationBackendChecks, () => new Confused(), { rootfs }, [codes, outlives, streams]);
  expect(failed).toEqual([codes, outlives]);
});
