import { EngineError, inject } from "@gantry/core";
import type {
  CallOptions,
  LimiterFeatures,
  Lifecycled,
  LimitGroup,
  ResourceLimiter,
  ResourceLimits,
} from "@gantry/core";

import { CgroupGroup } from "./cgroup-group.ts";
import { CgroupOptions, cgroupOptions } from "./cgroup-options.ts";
import { errnoOf } from "./control-file.ts";
import { detectHierarchy } from "./detect-hierarchy.ts";
import type { Hierarchy } from "./hierarchy.ts";
import { validateLimits } from "./limit-validation.ts";

/** The {@link ResourceLimiter} on the kernel's control groups, whichever version is mounted. */
export class CgroupLimiter implements ResourceLimiter, Lifecycled {
  readonly #options: CgroupOptions;
  #found: Hierarchy | undefined;

  /** @throws EngineError never: the hierarchy is looked for at the first call */
  constructor(@inject(CgroupOptions) options: Partial<CgroupOptions> = {}) {
    this.#options = cgroupOptions.parse(options);
  }

  get features(): LimiterFeatures {
    const { version, freezer } = this.#hierarchy;
    return { name: `cgroup v${version}`, version, limits: this.#hierarchy.offered(), freezer };
  }

  async create(id: string, limits: ResourceLimits, options?: CallOptions): Promise<LimitGroup> {
    options?.signal?.throwIfAborted();
    const group = this.#group(id);
    validateLimits(limits, this.#hierarchy.offered());
    try {
      group.control.make(limits);
    } catch (error) {
      if (errnoOf(error) === "EEXIST") throw new EngineError("conflict", `group ${id} exists`, { cause: error });
      throw forbidden(error) ?? error;
    }
    return group;
  }

  async load(id: string, options?: CallOptions): Promise<LimitGroup> {
    options?.signal?.throwIfAborted();
    const group = this.#group(id);
    if (!group.control.exists()) throw new EngineError("not-found", `no group ${id}`);
    return group;
  }

  async list(options?: CallOptions): Promise<readonly string[]> {
    options?.signal?.throwIfAborted();
    return this.#hierarchy.list();
  }

  /** Makes the parent group, so that the first container does not pay for it. */
  start(): void {
    this.#hierarchy.offered();
  }

  stop(): void {
    this.#hierarchy.removeParent();
  }

  get #hierarchy(): Hierarchy {
    this.#found ??= detectHierarchy(this.#options);
    return this.#found;
  }

  #group(id: string): CgroupGroup {
    if (!/^[A-Za-z0-9_.-]{1,128}$/.test(id) || id === "." || id === "..") {
      throw new EngineError(
        "invalid-argument",
        `group id ${JSON.stringify(id)}: must be 1-128 characters of A-Za-z0-9_.-`,
      );
    }
    return new CgroupGroup(id, this.#hierarchy, this.#hierarchy.group(id));
  }
}

function forbidden(error: unknown): EngineError | undefined {
  if (!["EACCES", "EPERM", "EROFS"].includes(errnoOf(error) ?? "")) return undefined;
  return new EngineError("forbidden", "may not make groups in /sys/fs/cgroup: run the engine as root", {
    cause: error,
  });
}
