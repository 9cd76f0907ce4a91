/** What the benchmark calls: every workload of bench/rpc/workloads.mjs is one member. */

export interface OrderLine {
  sku: string;
  title: string;
  quantity: number;
  price: number;
}

export interface Order {
  id: string;
  customer: { name: string; email: string; city: string };
  lines: OrderLine[];
  placedAt: number;
  isGift: boolean;
}

export interface Tick {
  sequence: number;
  text: string;
}

/** @remote */
export interface Link {
  next(): Promise<Link>;
  depth(): Promise<number>;
}

/** @remote */
export interface Bench {
  echo(bytes: Uint8Array): Promise<Uint8Array>;
  add(a: number, b: number): Promise<number>;
  place(order: Order): Promise<Order>;
  /** Takes bytes and says how many they were. */
  sink(bytes: Uint8Array): Promise<number>;
  ticks(count: number): AsyncIterable<Tick>;
  /** Calls `back` so many times, all at once or one after the other. Resolves with the sum of its answers. */
  callBack(back: (value: number) => Promise<number>, times: number, isParallel: boolean): Promise<number>;
  /** The first link of a chain: `first().next().next().depth()` is 3. */
  first(): Promise<Link>;
  /** Another object: calls on it wait for none that were made on this one. */
  another(): Promise<Bench>;
}
