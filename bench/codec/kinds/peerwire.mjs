// Ours: the emitted codec, with everything that it checks. Writers and readers are used again, as they are for calls.
import * as emitted from "../../../dist/generated/examples/bench-codec/shapes.rpc.js";
import { ValueReader } from "../../../dist/runtime/references/value-reader.js";
import { ValueWriter } from "../../../dist/runtime/references/value-writer.js";

const none = () => {
  throw new Error("there are no references here");
};
const references = { object: none, stream: none, byteStream: none };
const NO_BYTES = new Uint8Array();
const writer = new ValueWriter(references);
const reader = new ValueReader(NO_BYTES, references);

const codec = (write, read) => ({
  prepare: (value) => value,
  encode(value) {
    writer.startOver(references);
    write(writer, value);
    return writer.finish();
  },
  decode(bytes) {
    reader.startOver(bytes, references);
    const value = read(reader);
    reader.startOver(NO_BYTES, references);
    return value;
  },
});

export default () => ({
  order: codec(emitted.writeOrder, emitted.readOrder),
  small: codec(emitted.writeSmall, emitted.readSmall),
  drawing: codec(emitted.writeDrawing, emitted.readDrawing),
  samples: codec(emitted.writeSamples, emitted.readSamples),
});
