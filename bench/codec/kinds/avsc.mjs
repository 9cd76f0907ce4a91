// avsc: the schema by hand, since it has no protobuf.
import { Buffer } from "node:buffer";
import avro from "../rivals/node_modules/avsc/lib/index.js";

const record = (name, fields) => ({
  type: "record",
  name,
  fields: Object.entries(fields).map(([field, type]) => ({ name: field, type })),
});
const Address = record("Address", { street: "string", city: "string", zip: "string", country: "string" });
const Customer = record("Customer", { id: "string", name: "string", email: "string", address: Address });
const OrderLine = record("OrderLine", {
  sku: "string",
  title: "string",
  quantity: "int",
  price: "double",
  gift: "boolean",
  tags: { type: "array", items: "string" },
});
const Order = record("Order", {
  id: "string",
  customer: Customer,
  status: { type: "enum", name: "Status", symbols: ["new", "paid", "sent"] },
  placedAt: "long",
  lines: { type: "array", items: OrderLine },
  note: ["null", "string"],
  total: "double",
});
const Small = record("Small", { id: "int", name: "string", active: "boolean" });
const Drawing = record("Drawing", {
  parts: {
    type: "array",
    items: [
      record("circle", { x: "double", y: "double", radius: "double" }),
      record("box", { x: "double", y: "double", width: "double", height: "double", filled: "boolean" }),
      record("label", { x: "double", y: "double", text: "string" }),
      record("arrow", { from: "string", to: "string" }),
    ],
  },
});
const Samples = record("Samples", {
  sensor: "string",
  at: "long",
  values: { type: "array", items: "double" },
  counts: { type: "array", items: "int" },
  raw: "bytes",
});

function codec(schema, prepare = (value) => value) {
  const type = avro.Type.forSchema(schema, { wrapUnions: "auto" });
  return { prepare, encode: (value) => type.toBuffer(value), decode: (bytes) => type.fromBuffer(bytes) };
}

export default () => ({
  order: codec(Order),
  small: codec(Small),
  drawing: codec(Drawing, ({ parts }) => ({ parts: parts.map(({ kind, ...rest }) => ({ [kind]: rest })) })),
  samples: codec(Samples, (value) => ({ ...value, raw: Buffer.from(value.raw) })),
});
