import { spawnSync } from "node:child_process";
import { join } from "node:path";

import type { TestProject } from "vitest/node";

import { checkout, temporaryRoots } from "../harness/docker.ts";
import type { Roots } from "../harness/docker.ts";
import { obstacle } from "../harness/requirements.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** An engine's directories with the images `base` and `busybox`, shared by the whole run. */
    roots: Roots;
  }
}

/**
 * Makes the images once per run: `base` takes about a minute. GANTRY_TEST_ROOT names a directory that is kept from run to run.
 */
export default function setup(project: TestProject): (() => void) | undefined {
  const kept = process.env["GANTRY_TEST_ROOT"];
  const roots = kept === undefined ? temporaryRoots() : { dataRoot: join(kept, "data"), execRoot: join(kept, "run") };
  project.provide("roots", { dataRoot: roots.dataRoot, execRoot: roots.execRoot });
  if (obstacle() !== undefined) return undefined;
  const docker = (...args: string[]) => {
    const places = ["--data-root", roots.dataRoot, "--exec-root", roots.execRoot];
    return spawnSync(join(checkout, "bin/docker"), [...places, "--embedded", ...args], {
      stdio: ["ignore", "pipe", 2],
      encoding: "utf8",
    });
  };
  for (const image of ["busybox", "base"]) {
    if (docker("images", "-q", image).stdout !== "") continue;
    const { status } = docker("pull", image);
    if (status !== 0) throw new Error(`cannot make the image ${image}: docker pull exited with ${status}`);
  }
  return Symbol.dispose in roots ? () => roots[Symbol.dispose]() : undefined;
}
