/**
 * Hello, and its fields on the wire. A test holds that both agree with protobuf-es, byte for byte.
 * Source: schema/peerwire/v1/hello.proto, whose comments say what each field means.
 */
import {
  type FieldTable,
  bytes,
  fixed64,
  nested,
  repeated,
  string,
  uint32,
  writeFields,
} from "../protobuf/field-table.js";
import { ProtobufWriter } from "../protobuf/writer.js";

/** What a peer says of itself. */
export interface HelloMessage {
  protocolVersion: number;
  peerName: string;
  peerVersion: string;
  credentials: Uint8Array;
  maxMessageBytes: number;
  maxInlineBytes: number;
  roots: readonly HelloRoot[];
  receiverName: string;
}

export interface HelloRoot {
  name: string;
  exportId: number;
  interface: string;
  fingerprint: bigint;
  snapshot: Uint8Array;
}

const ROOT: FieldTable<HelloRoot> = [
  [10, "name", string],
  [16, "exportId", uint32],
  [26, "interface", string],
  [33, "fingerprint", fixed64],
  [42, "snapshot", bytes],
];

export const HELLO: FieldTable<HelloMessage> = [
  [8, "protocolVersion", uint32],
  [18, "peerName", string],
  [26, "peerVersion", string],
  [34, "credentials", bytes],
  [40, "maxMessageBytes", uint32],
  [50, "roots", repeated(nested(() => ROOT))],
  [56, "maxInlineBytes", uint32],
  [66, "receiverName", string],
];

export function encodeHello(hello: HelloMessage): Uint8Array {
  const w = new ProtobufWriter();
  writeFields(w, HELLO, hello);
  return w.finish();
}
