import { afterAll, afterEach, beforeAll, expect, inject } from "vitest";

import { ServedEngine, type ServedEngineSetup } from "../harness/served-engine.ts";
import { leftBehind, machineState } from "../harness/machine-state.ts";

/** Made once per run and shared by all tests. */
const keptImages = new Set(["base:latest", "busybox:latest"]);

/**
 * A daemon for the tests of one file. After each test its containers and images are removed, also when it failed; after the last one
 * nothing of the daemon may be left on the machine.
 * @returns gives the daemon, within hooks and tests
 */
export function seedDaemon(setup: ServedEngineSetup = {}): () => ServedEngine {
  const roots = inject("roots");
  let before: ReadonlySet<string>;
  let daemon: ServedEngine | undefined;
  beforeAll(async () => {
    before = machineState(roots);
    daemon = await ServedEngine.start(roots, setup);
  });
  afterEach(async () => {
    if (daemon?.running === false) await daemon.startAgain();
    await removeEverything(daemon!);
  });
  afterAll(async () => {
    await daemon?.end();
    expect(await leftBehind(roots, before)).toEqual([]);
  });
  return () => daemon!;
}

async function removeEverything({ api }: ServedEngine): Promise<void> {
  for (const { Id } of await api.get<{ Id: string }[]>("/containers/json?all=1")) {
    await api.call("DELETE", `/containers/${Id}?force=1&v=1`);
  }
  // Newest first, so that no image has children when its turn comes.
  const images = await api.get<{ Id: string; RepoTags: string[]; Created: number }[]>("/images/json?all=1");
  for (const { Id, RepoTags } of images.toSorted((left, right) => right.Created - left.Created)) {
    const added = RepoTags.filter((tag) => !keptImages.has(tag));
    const kept = added.length < RepoTags.length;
    for (const name of kept ? added : [Id]) await api.call("DELETE", `/images/${encodeURIComponent(name)}?force=1`);
  }
  const left = await api.get<{ RepoTags: string[] }[]>("/images/json");
  expect(left.flatMap(({ RepoTags }) => RepoTags).toSorted()).toEqual([...keptImages].toSorted());
}
