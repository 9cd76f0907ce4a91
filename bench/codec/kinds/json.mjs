// JSON as bytes; bytes inside it as base64.
import { Buffer } from "node:buffer";
const plain = {
  prepare: (value) => value,
  encode: (value) => Buffer.from(JSON.stringify(value)),
  decode: (bytes) => JSON.parse(bytes.toString()),
};

export default () => ({
  order: plain,
  small: plain,
  drawing: plain,
  samples: {
    prepare: (value) => value,
    encode: (value) => Buffer.from(JSON.stringify({ ...value, raw: Buffer.from(value.raw.buffer).toString("base64") })),
    decode: (bytes) => {
      const value = JSON.parse(bytes.toString());
      value.raw = Buffer.from(value.raw, "base64");
      return value;
    },
  },
});
