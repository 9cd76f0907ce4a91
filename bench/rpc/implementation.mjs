// What every kind of server does, whoever carries the calls.

export class Link {
  #depth;

  constructor(depth) {
    this.#depth = depth;
  }

  async next() {
    return new Link(this.#depth + 1);
  }

  async depth() {
    return this.#depth;
  }
}

export const implementation = {
  echo: async (bytes) => bytes,
  add: async (a, b) => a + b,
  place: async (order) => order,
  sink: async (bytes) => bytes.length,
  async *ticks(count) {
    for (let sequence = 0; sequence < count; sequence++) yield { sequence, text: "tick of the clock" };
  },
  async callBack(back, times, isParallel) {
    if (isParallel) {
      const answers = await Promise.all(Array.from({ length: times }, (_, value) => back(value)));
      return answers.reduce((sum, answer) => sum + answer, 0);
    }
    let sum = 0;
    for (let value = 0; value < times; value++) sum += await back(value);
    return sum;
  },
  first: async () => new Link(1),
  another: async () => ({ ...implementation }),
};

/** The order of the workload "order": 20 lines. */
export const order = {
  id: "order-2024-000117",
  customer: { name: "Ada Lovelace", email: "ada@example.org", city: "London" },
  lines: Array.from({ length: 20 }, (_, line) => ({
    sku: `SKU-${1000 + line}`,
    title: `A thing of the kind number ${line}`,
    quantity: line + 1,
    price: 9.95 + line * 1.5,
  })),
  placedAt: 1_763_712_000_000,
  isGift: false,
};
