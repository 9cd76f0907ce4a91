/** First in, first out, each step in constant time: what Array.shift does not promise. */
export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #first = 0;

  get size(): number {
    return this.#items.length - this.#first;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    if (this.#first === this.#items.length) return undefined;
    const item = this.#items[this.#first];
    this.#items[this.#first++] = undefined;
    if (this.#first === this.#items.length) this.clear();
    else if (this.#first >= 1024 && this.#first * 2 > this.#items.length) this.#compact();
    return item;
  }

  clear(): void {
    this.#items.length = 0;
    this.#first = 0;
  }

  #compact(): void {
    this.#items = this.#items.slice(this.#first);
    this.#first = 0;
  }
}
