/** Options of every in-memory implementation. */
export interface MemoryOptions {
  /** Names the state: engines with the same root in one process share it. Without one it is nobody else's. */
  readonly root?: string;
}

/**
 * Makes a place for the state of one kind of implementation. A second kernel on the same root finds the state of the first,
 * as a new engine process finds what is on disk.
 */
export function sharedMemory<State>(make: () => State): (options: MemoryOptions) => State {
  const states = new Map<string, State>();
  return ({ root }) => {
    if (root === undefined) return make();
    const state = states.get(root) ?? make();
    states.set(root, state);
    return state;
  };
}
