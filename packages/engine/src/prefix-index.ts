/** A sorted set of ids that finds by prefix without a walk over all. */
export class PrefixIndex {
  readonly #ids: string[] = [];

  add(id: string): void {
    const at = this.#position(id);
    if (this.#ids[at] !== id) this.#ids.splice(at, 0, id);
  }

  delete(id: string): void {
    const at = this.#position(id);
    if (this.#ids[at] === id) this.#ids.splice(at, 1);
  }

  /** The ids that begin so; at most two, which is enough to tell that a prefix is ambiguous. */
  find(prefix: string): readonly string[] {
    const at = this.#position(prefix);
    return this.#ids.slice(at, at + 2).filter((id) => id.startsWith(prefix));
  }

  /** Where an id stands, or would be put. */
  #position(id: string): number {
    let low = 0;
    let high = this.#ids.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ids[middle]! < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
