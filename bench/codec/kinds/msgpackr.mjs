// msgpackr, plain and with records: structures that both sides have learnt.
import { Packr } from "../rivals/node_modules/msgpackr/index.js";

function codec(options) {
  const packr = new Packr(options);
  return {
    prepare: (value) => value,
    // What pack returns is a view of a buffer that the next pack goes on in: it may be kept, as ours may.
    encode: (value) => packr.pack(value),
    decode: (bytes) => packr.unpack(bytes),
  };
}

const all = (options) => () => ({
  order: codec(options()),
  small: codec(options()),
  drawing: codec(options()),
  samples: codec(options()),
});

export const plain = all(() => ({ useRecords: false }));
export const records = all(() => ({ structures: [] }));
