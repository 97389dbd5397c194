import { type CallOptions, EngineError, type Mount, type Mounter, inject } from "@gantry/core";

import { Helper } from "./helper.ts";
import { MountFlag, mountAttributes, parseMountOptions } from "./mount-options.ts";
import { StepError } from "./step-error.ts";
import type { Step } from "./step.ts";

/** MNT_DETACH and UMOUNT_NOFOLLOW. */
const detach = 2 | 8;

/** Mounts in the engine's own mount namespace, by the helper. */
export class HelperMounter implements Mounter {
  readonly #helper: Helper;

  constructor(@inject(Helper) helper: Helper) {
    this.#helper = helper;
  }

  async mount(mounts: readonly Mount[], target: string, options: CallOptions = {}): Promise<void> {
    const steps = mounts.flatMap((mount) => mountSteps(mount, target));
    try {
      await this.#helper.run(steps, options);
    } catch (thrown) {
      const done = thrown instanceof StepError ? thrown.index : steps.length;
      const mounted = steps.slice(0, done).filter((step) => step.do === "mount").length;
      const undo = Array.from({ length: mounted }, (): Step => ({
        do: "unmount",
        target,
        flags: detach,
        optional: true,
      }));
      if (thrown instanceof StepError && undo.length > 0) await this.#helper.run(undo);
      throw thrown instanceof StepError ? mountError(thrown, target) : thrown;
    }
  }

  async unmount(target: string, options: CallOptions = {}): Promise<void> {
    for (;;) {
      try {
        await this.#helper.run([{ do: "unmount", target, flags: detach }], options);
      } catch (thrown) {
        // EINVAL: nothing is mounted there (any more).
        if (thrown instanceof StepError && ["EINVAL", "ENOENT", "ENOTDIR"].includes(thrown.errnoName)) return;
        throw thrown instanceof StepError ? mountError(thrown, target) : thrown;
      }
    }
  }
}

/** The steps of one mount. A bind mount takes flags and any mount its propagation only in a second call. */
export function mountSteps(mount: Mount, target: string): Step[] {
  const { flags, propagation, data } = parseMountOptions(mount.options);
  const bind = mount.type === "bind" || (flags & MountFlag.bind) !== 0;
  const recursive = flags & MountFlag.recursive;
  const { source } = mount;
  if (!bind) {
    const steps: Step[] = [{ do: "mount", source, target, type: mount.type, flags, data }];
    if (propagation !== 0) steps.push({ do: "remount", target, flags: propagation });
    return steps;
  }
  const steps: Step[] = [{ do: "mount", source, target, type: "", flags: MountFlag.bind | recursive, data: "" }];
  if (mountAttributes(flags) !== 0) {
    steps.push({ do: "remount", target, flags: flags & ~(MountFlag.bind | recursive), recursive: recursive !== 0 });
  }
  if (propagation !== 0) steps.push({ do: "remount", target, flags: propagation });
  return steps;
}

function mountError(error: StepError, target: string): EngineError {
  const codes = { forbidden: "forbidden", unsupported: "unsupported" } as const;
  const missing = error.errnoName === "ENOENT" || error.errnoName === "ENOTDIR";
  const code = missing ? "not-found" : (codes[error.code as keyof typeof codes] ?? "internal");
  const source = error.step?.do === "mount" ? error.step.source : "";
  return new EngineError(code, missing ? `${source} or ${target} does not exist` : error.message, {
    cause: error,
    details: { ...error.details, path: target },
  });
}
