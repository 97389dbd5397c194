/** Something whose starts are timed. */
export interface Runner {
  readonly name: string;
  /** Programs that must be on PATH; with one missing the runner is left out, and the table says so. */
  readonly programs: readonly string[];
  /** @param workspace what all runners share; registers what must be undone on its stack */
  prepare(workspace: BenchWorkspace): Promise<StartOnce>;
}

/** Creates, starts, awaits and removes a container of `true`; milliseconds. */
export type StartOnce = () => Promise<number>;

export interface BenchWorkspace {
  /** A directory for everything, removed at the end. */
  directory: string;
  /** A root file system with busybox. */
  rootfs: string;
  /** The same as a tar file. */
  tarball: string;
  cleanup: AsyncDisposableStack;
}
