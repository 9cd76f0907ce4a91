/**
 * Things by their id: a hash table with open addressing that is used for ever without allocating. Why not a Map: one whose
 * entries come and go replaces its store every few dozen of them, and V8 links each store to its successor, so that a
 * single one that has grown old keeps all that came after it, and whatever was in them, until a full collection; with a
 * stream for each request that was half of all memory allocated, and a third of the time; with a call for each, a quarter.
 * Knows nothing of streams and calls.
 */

const LEAST_SLOTS = 16;
/** A table that was once larger than this grows small again: those of calls are filled and emptied turn by turn. */
const KEPT_SLOTS = 256;

export class IdTable<T extends { readonly id: number }> {
  // Ids may be the peer's choice: it cannot know which of them share a slot.
  readonly #factor = Math.floor(Math.random() * 2 ** 31) * 2 + 1;
  #slots: (T | undefined)[] = new Array<T | undefined>(LEAST_SLOTS).fill(undefined);
  #mask = LEAST_SLOTS - 1;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The smallest id first. */
  get all(): T[] {
    if (this.#size === 0) return [];
    return this.#slots.filter((item) => item !== undefined).sort((one, other) => one.id - other.id);
  }

  find(id: number): T | undefined {
    return this.#slots[this.#slotOf(id)];
  }

  /** Puts `item` where its id says, in place of another of that id. */
  add(item: T): void {
    const slot = this.#slotOf(item.id);
    if (this.#slots[slot] === undefined) this.#size++;
    this.#slots[slot] = item;
    if (this.#size * 2 > this.#slots.length) this.#resize(this.#slots.length * 2);
  }

  /** @returns whether it was there. */
  remove(id: number): boolean {
    const slot = this.#slotOf(id);
    if (this.#slots[slot] === undefined) return false;
    this.#slots[slot] = undefined;
    this.#size--;
    this.#closeGap(slot);
    if (this.#slots.length > KEPT_SLOTS && this.#size * 8 < this.#slots.length) this.#resize(this.#slots.length / 2);
    return true;
  }

  clear(): void {
    this.#slots = new Array<T | undefined>(LEAST_SLOTS).fill(undefined);
    this.#mask = LEAST_SLOTS - 1;
    this.#size = 0;
  }

  /** Where `id` is, or belongs. */
  #slotOf(id: number): number {
    let slot = this.#home(id);
    for (let item = this.#slots[slot]; item !== undefined && item.id !== id; item = this.#slots[slot]) {
      slot = (slot + 1) & this.#mask;
    }
    return slot;
  }

  #home(id: number): number {
    const product = Math.imul(id, this.#factor);
    return (product ^ (product >>> 15)) & this.#mask;
  }

  /** Items that stand further on because this slot was taken move back. */
  #closeGap(gap: number): void {
    for (let slot = (gap + 1) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const item = this.#slots[slot];
      if (item === undefined) return;
      const home = this.#home(item.id);
      if (((slot - home) & this.#mask) < ((slot - gap) & this.#mask)) continue; // it may not stand before its home
      this.#slots[gap] = item;
      this.#slots[slot] = undefined;
      gap = slot;
    }
  }

  #resize(slots: number): void {
    const items = this.all;
    this.#slots = new Array<T | undefined>(slots).fill(undefined);
    this.#mask = slots - 1;
    for (const item of items) this.#slots[this.#slotOf(item.id)] = item;
  }
}
