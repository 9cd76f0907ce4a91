// The four values: an order with 20 lines, a small message, a drawing of 24 unions, numbers and bytes.

const line = (i) => ({
  sku: `SKU-${1000 + i}`,
  title: `Coffee beans, dark roast, ${i + 1} kg`,
  quantity: (i % 5) + 1,
  price: 12.95 + i * 1.37,
  gift: i % 7 === 0,
  tags: ["food", "organic"],
});

const order = {
  id: "ord_9f8b6a2c41",
  customer: {
    id: "cus_51c2",
    name: "Zoë Müller",
    email: "zoe@example.org",
    address: { street: "12 Long Lane", city: "Zürich", zip: "8001", country: "CH" },
  },
  status: "paid",
  placedAt: 1_790_000_000_123,
  lines: Array.from({ length: 20 }, (_, i) => line(i)),
  note: "please ring twice",
  total: 511.3,
};

const small = { id: 4711, name: "Ada Lovelace", active: true };

const PARTS = [
  { kind: "circle", x: 10.5, y: 20.25, radius: 3.75 },
  { kind: "box", x: 1.5, y: 2.5, width: 30.1, height: 40.2, filled: true },
  { kind: "label", x: 7.25, y: 8.125, text: "entrance" },
  { kind: "arrow", from: "circle-1", to: "box-2" },
];
const drawing = { parts: Array.from({ length: 24 }, (_, i) => ({ ...PARTS[i % PARTS.length] })) };

const samples = {
  sensor: "boiler-7",
  at: 1_790_000_000_123,
  values: Array.from({ length: 100 }, (_, i) => Math.sin(i) * 100),
  counts: Array.from({ length: 50 }, (_, i) => i * i * 7),
  raw: Uint8Array.from({ length: 256 }, (_, i) => (i * 37) & 0xff),
};

export const VALUES = { order, small, drawing, samples };

/** What the benchmark calls each. */
export const TITLES = {
  order: "order with 20 lines",
  small: "small message",
  drawing: "drawing of 24 unions",
  samples: "numbers and bytes",
};

/** In each dialect of protobuf, a part of a drawing is an object with one case. */
export const asOneof = ({ kind, ...rest }) => [kind, rest];
