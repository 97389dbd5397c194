import type { LaunchProgram, Step } from "./step.ts";
import { BodyWriter } from "./wire.ts";

type StepName = Step["do"];
type StepOf<Name extends StepName> = Extract<Step, { do: Name }>;

interface Layout<Name extends StepName> {
  /** As in native/steps.h. */
  op: number;
  /** The step's one boolean. */
  flag?: (step: StepOf<Name>) => boolean | undefined;
  write?: (body: BodyWriter, step: StepOf<Name>) => unknown;
}

/** How each step is written: its number, its flag, and its arguments in the order of native/step-decode.c. */
export const stepLayouts: { readonly [Name in StepName]: Layout<Name> } = {
  unshare: { op: 1, write: (body, step) => body.u32(step.flags) },
  setns: { op: 2, write: (body, step) => body.string(step.path).u32(step.type) },
  mount: {
    op: 3,
    flag: (step) => step.create,
    write: (body, step) =>
      body.string(step.source).string(step.target).string(step.type).u64(step.flags).string(step.data),
  },
  remount: {
    op: 4,
    flag: (step) => step.recursive,
    write: (body, step) => body.string(step.target).u64(step.flags),
  },
  unmount: { op: 5, write: (body, step) => body.string(step.target).u32(step.flags) },
  "open-tree": {
    op: 6,
    flag: (step) => step.recursive,
    write: (body, step) => body.u32(step.slot).string(step.source),
  },
  "move-mount": {
    op: 7,
    flag: (step) => step.recursive,
    write: (body, step) => body.u32(step.slot).string(step.target).u64(step.attributes).u64(step.propagation),
  },
  "make-directory": {
    op: 8,
    write: (body, step) => body.string(step.path).u32(step.mode).u32(step.uid).u32(step.gid),
  },
  symlink: { op: 9, write: (body, step) => body.string(step.target).string(step.path) },
  "make-node": {
    op: 10,
    write: (body, step) =>
      body.string(step.path).u32(step.mode).u32(step.major).u32(step.minor).u32(step.uid).u32(step.gid),
  },
  bind: { op: 11, write: (body, step) => body.string(step.source).string(step.target) },
  mask: { op: 12, write: (body, step) => body.string(step.path) },
  "read-only": { op: 13, write: (body, step) => body.string(step.path) },
  "write-file": { op: 14, write: (body, step) => body.string(step.path).bytes(Buffer.from(step.data)) },
  "write-child": { op: 15, write: (body, step) => body.string(step.name).bytes(Buffer.from(step.data)) },
  "pivot-root": { op: 16, write: (body, step) => body.string(step.path) },
  chroot: { op: 17, write: (body, step) => body.string(step.path) },
  "change-directory": {
    op: 18,
    flag: (step) => step.create,
    write: (body, step) => body.string(step.path).u32(step.uid).u32(step.gid),
  },
  hostname: { op: 19, write: (body, step) => body.string(step.name) },
  domainname: { op: 20, write: (body, step) => body.string(step.name) },
  rlimit: { op: 21, write: (body, step) => body.u32(step.resource).u64(step.soft).u64(step.hard) },
  umask: { op: 22, write: (body, step) => body.u32(step.mask) },
  "set-session": { op: 23 },
  terminal: {
    op: 24,
    flag: (step) => step.console ?? true,
    write: (body, step) => body.u32(step.rows).u32(step.columns).u32(step.uid),
  },
  "set-groups": { op: 25, write: (body, step) => body.bytes(new Uint8Array(Uint32Array.from(step.gids).buffer)) },
  "set-gid": { op: 26, write: (body, step) => body.u32(step.gid) },
  "set-uid": { op: 27, write: (body, step) => body.u32(step.uid) },
  "keep-capabilities": { op: 28 },
  "bounding-set": { op: 29, write: (body, step) => body.u64(step.mask) },
  "capability-set": {
    op: 30,
    write: (body, step) => body.u64(step.effective).u64(step.permitted).u64(step.inheritable),
  },
  "ambient-set": { op: 31, write: (body, step) => body.u64(step.mask) },
  "no-new-privileges": { op: 32 },
  "death-signal": { op: 33, write: (body, step) => body.u32(step.signal) },
  netlink: { op: 34, write: (body, step) => body.u32(step.protocol).bytes(step.message) },
  seccomp: { op: 35, write: (body, step) => body.bytes(step.program).u32(step.flags) },
  barrier: { op: 36 },
  execute: { op: 37, write: (body, step) => body.strings(step.argv).strings(step.env) },
};

const optionalFlag = 1;
const stepFlag = 2;

export function writeSteps(body: BodyWriter, steps: readonly Step[]): BodyWriter {
  body.u32(steps.length);
  for (const step of steps) {
    // The union of all steps cannot be matched to the union of all layouts; each name holds its own pair.
    const layout = stepLayouts[step.do] as Layout<StepName>;
    body.u8(layout.op).u8((step.optional ? optionalFlag : 0) | (layout.flag?.(step) ? stepFlag : 0));
    layout.write?.(body, step);
  }
  return body;
}

/** @throws EngineError `invalid-argument` for a NUL character in a string, or for a program that is too large */
export function encodeSteps(steps: readonly Step[]): Buffer {
  return writeSteps(new BodyWriter(), steps).finish();
}

/** @throws EngineError as {@link encodeSteps} */
export function encodeLaunch(program: LaunchProgram): Buffer {
  const body = new BodyWriter();
  body
    .u64(program.cloneFlags)
    .u64(program.outputLimit)
    .u32(program.openStdin ? 1 : 0);
  writeSteps(body, program.beforeClone);
  writeSteps(body, program.afterClone);
  return writeSteps(body, program.process).finish();
}
