/** First in, first out, and no longer than allowed: what happens past that is the owner's choice, and is counted. Pure. */

/** Past the capacity: refuse until there is room, throw the oldest away, or throw the new one away. */
export type WhenFull = "block" | "drop-oldest" | "drop-newest";

export interface QueueOptions {
  /** 1024 by default. */
  capacity?: number;
  /** "block" by default: nothing is lost, and whoever sends waits. */
  whenFull?: WhenFull;
}

export class BoundedQueue<V> {
  readonly #capacity: number;
  readonly #whenFull: WhenFull;
  #items: V[] = [];
  #head = 0;
  #dropped = 0;

  constructor({ capacity = 1024, whenFull = "block" }: QueueOptions = {}) {
    if (!(capacity >= 1)) throw new RangeError(`a queue of ${capacity}; give a capacity of at least 1`);
    this.#capacity = capacity;
    this.#whenFull = whenFull;
  }

  get size(): number {
    return this.#items.length - this.#head;
  }
  get capacity(): number {
    return this.#capacity;
  }
  get hasRoom(): boolean {
    return this.size < this.#capacity;
  }
  /** Whether whoever sends has to wait. */
  get isBlocked(): boolean {
    return this.#whenFull === "block" && !this.hasRoom;
  }
  /** Thrown away so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** @returns false where it is full and "block" is the rule: nothing has changed. */
  push(item: V): boolean {
    if (!this.hasRoom) {
      if (this.#whenFull === "block") return false;
      this.#dropped++;
      if (this.#whenFull === "drop-newest") return true;
      this.shift();
    }
    this.#items.push(item);
    return true;
  }

  shift(): V | undefined {
    if (this.size === 0) return undefined;
    const item = this.#items[this.#head++]!;
    if (this.#head > 64 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
