// Ours: the emitted codec, with everything that it checks.
import * as emitted from "../../../dist/generated/examples/bench-codec/shapes.rpc.js";
import { ValueReader } from "../../../dist/runtime/references/value-reader.js";
import { ValueWriter } from "../../../dist/runtime/references/value-writer.js";

const none = () => {
  throw new Error("there are no references here");
};
const references = { object: none, stream: none, byteStream: none };
const writer = new ValueWriter(references);

const codec = (write, read) => ({
  prepare: (value) => value,
  encode(value) {
    writer.reset();
    write(writer, value);
    return writer.finish();
  },
  decode: (bytes) => read(new ValueReader(bytes, references)),
});

export default () => ({
  order: codec(emitted.writeOrder, emitted.readOrder),
  small: codec(emitted.writeSmall, emitted.readSmall),
  drawing: codec(emitted.writeDrawing, emitted.readDrawing),
  samples: codec(emitted.writeSamples, emitted.readSamples),
});
