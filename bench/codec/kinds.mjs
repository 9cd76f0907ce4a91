// The codecs by name, each loaded where it is measured: in a process of its own.
const protobuf = (name) => async () => (await import("./kinds/protobuf.mjs"))[name]();
const msgpackr = (name) => async () => (await import("./kinds/msgpackr.mjs"))[name]();

export const KINDS = {
  "peerwire": async () => (await import("./kinds/peerwire.mjs")).default(),
  "JSON": async () => (await import("./kinds/json.mjs")).default(),
  "msgpackr": msgpackr("plain"),
  "msgpackr records": msgpackr("records"),
  "avsc": async () => (await import("./kinds/avsc.mjs")).default(),
  "protobufjs": protobuf("protobufjs"),
  "ts-proto": protobuf("tsProtoKind"),
  "protobuf-es": protobuf("protobufEs"),
};

/** What needs nothing that is not installed with peerwire. */
export const ALWAYS = ["peerwire", "JSON"];
