/** First in, first out, each step in constant time: what Array.shift does not promise. A ring, which is used again. */
const FIRST_SLOTS = 8;
/** A longer one is given back when it has run empty. */
const KEPT_SLOTS = 1024;

export class Fifo<T> {
  #slots: (T | undefined)[] = []; // a power of two of them, once there are any
  #first = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(item: T): void {
    if (this.#size === this.#slots.length) this.#grow();
    this.#slots[(this.#first + this.#size++) & (this.#slots.length - 1)] = item;
  }

  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const item = this.#slots[this.#first];
    this.#slots[this.#first] = undefined;
    this.#first = (this.#first + 1) & (this.#slots.length - 1);
    if (--this.#size === 0 && this.#slots.length > KEPT_SLOTS) this.clear();
    return item;
  }

  clear(): void {
    this.#slots = [];
    this.#first = this.#size = 0;
  }

  #grow(): void {
    const slots = new Array<T | undefined>(Math.max(FIRST_SLOTS, this.#slots.length * 2)).fill(undefined);
    for (let i = 0; i < this.#size; i++) slots[i] = this.#slots[(this.#first + i) & (this.#slots.length - 1)];
    this.#slots = slots;
    this.#first = 0;
  }
}
