// The implementations of protobuf, each from the schema that peerwire emitted, and each with values as it wants them.
import { create, fromBinary, toBinary } from "../rivals/node_modules/@bufbuild/protobuf/dist/esm/index.js";
import * as es from "../rivals/generated/es/bench/codec/v1/codec_pb.js";
import statics from "../rivals/generated/protobufjs/codec.cjs";
import * as tsProto from "../rivals/generated/ts-proto/bench/codec/v1/codec.mjs";
import { asOneof } from "../values.mjs";

const STATUS = { new: 1, paid: 2, sent: 3 };
const MESSAGES = { order: "Order", small: "Small", drawing: "Drawing", samples: "Samples" };

/** A codec for each message. @param prepare  by message; what is missing takes the value as it is. */
const each = (make, prepare) =>
  Object.fromEntries(
    Object.entries(MESSAGES).map(([name, message]) => [
      name,
      { prepare: prepare[name] ?? ((value) => value), ...make(message, name) },
    ]),
  );

export function protobufjs() {
  const { v1 } = statics.bench.codec;
  return each(
    (message) => ({
      encode: (value) => v1[message].encode(value).finish(),
      decode: (bytes) => v1[message].decode(bytes),
    }),
    {
      order: (order) => ({ ...order, status: STATUS[order.status] }),
      drawing: ({ parts }) => ({
        parts: parts.map((part) => {
          const [kind, rest] = asOneof(part);
          return { [kind]: rest };
        }),
      }),
    },
  );
}

export function tsProtoKind() {
  return each(
    (message) => ({
      encode: (value) => tsProto[message].encode(value).finish(),
      decode: (bytes) => tsProto[message].decode(bytes),
    }),
    {
      order: (order) => ({ ...order, status: STATUS[order.status] }),
      drawing: ({ parts }) => ({
        parts: parts.map((part) => {
          const [kind, rest] = asOneof(part);
          return { kindCase: { $case: kind, value: rest } };
        }),
      }),
    },
  );
}

export function protobufEs() {
  const schema = (message) => es[`${message}Schema`];
  return each(
    (message) => ({
      encode: (value) => toBinary(schema(message), value),
      decode: (bytes) => fromBinary(schema(message), bytes),
    }),
    {
      order: (order) =>
        create(schema("Order"), { ...order, placedAt: BigInt(order.placedAt), status: STATUS[order.status] }),
      small: (small) => create(schema("Small"), small),
      drawing: ({ parts }) =>
        create(schema("Drawing"), {
          parts: parts.map((part) => {
            const [kind, rest] = asOneof(part);
            return { kindCase: { case: kind, value: rest } };
          }),
        }),
      samples: (samples) => create(schema("Samples"), { ...samples, at: BigInt(samples.at) }),
    },
  );
}
