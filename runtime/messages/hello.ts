/**
 * Hello to bytes and back. A test holds that both agree with protobuf-es, byte for byte.
 * Source: schema/peerwire/v1/hello.proto, whose comments say what each field means.
 */
import type { ProtobufReader } from "../protobuf/reader.js";
import { ProtobufWriter } from "../protobuf/writer.js";

/** What a peer says of itself. */
export interface HelloMessage {
  protocolVersion: number;
  peerName: string;
  peerVersion: string;
  credentials: Uint8Array;
  maxMessageBytes: number;
  maxInlineBytes: number;
  roots: HelloRoot[];
  receiverName: string;
}

export interface HelloRoot {
  name: string;
  exportId: number;
  interface: string;
  fingerprint: bigint;
  snapshot: Uint8Array;
}

// Tags are field << 3 | wire type: 0 varint, 1 eight bytes, 2 length-delimited.

export function encodeHello(hello: HelloMessage): Uint8Array {
  const w = new ProtobufWriter();
  writeHello(w, hello);
  return w.finish();
}

export function writeHello(w: ProtobufWriter, hello: HelloMessage): void {
  if (hello.protocolVersion !== 0) w.uint32(8, hello.protocolVersion, "protocol_version");
  if (hello.peerName !== "") w.string(18, hello.peerName, "peer_name");
  if (hello.peerVersion !== "") w.string(26, hello.peerVersion, "peer_version");
  if (hello.credentials.length > 0) w.bytes(34, hello.credentials, "credentials");
  if (hello.maxMessageBytes !== 0) w.uint32(40, hello.maxMessageBytes, "max_message_bytes");
  for (const root of hello.roots) {
    const at = w.begin(50, "roots");
    if (root.name !== "") w.string(10, root.name, "name");
    if (root.exportId !== 0) w.uint32(16, root.exportId, "export_id");
    if (root.interface !== "") w.string(26, root.interface, "interface");
    if (root.fingerprint !== 0n) w.fixed64(33, root.fingerprint, "fingerprint");
    if (root.snapshot.length > 0) w.bytes(42, root.snapshot, "snapshot");
    w.end(at);
  }
  if (hello.maxInlineBytes !== 0) w.uint32(56, hello.maxInlineBytes, "max_inline_bytes");
  if (hello.receiverName !== "") w.string(66, hello.receiverName, "receiver_name");
}

/** @throws where a field is malformed. */
export function readHello(r: ProtobufReader): HelloMessage {
  const hello: HelloMessage = {
    protocolVersion: 0,
    peerName: "",
    peerVersion: "",
    credentials: new Uint8Array(),
    maxMessageBytes: 0,
    maxInlineBytes: 0,
    roots: [],
    receiverName: "",
  };
  while (r.more()) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        hello.protocolVersion = r.uint32("protocol_version");
        break;
      case 18:
        hello.peerName = r.string("peer_name");
        break;
      case 26:
        hello.peerVersion = r.string("peer_version");
        break;
      case 34:
        hello.credentials = r.bytes("credentials");
        break;
      case 40:
        hello.maxMessageBytes = r.uint32("max_message_bytes");
        break;
      case 50: {
        const outer = r.enter("roots");
        hello.roots.push(readRoot(r));
        r.leave(outer);
        break;
      }
      case 56:
        hello.maxInlineBytes = r.uint32("max_inline_bytes");
        break;
      case 66:
        hello.receiverName = r.string("receiver_name");
        break;
      default:
        r.skip(tag);
    }
  }
  return hello;
}

function readRoot(r: ProtobufReader): HelloRoot {
  const root: HelloRoot = { name: "", exportId: 0, interface: "", fingerprint: 0n, snapshot: new Uint8Array() };
  while (r.more()) {
    const tag = r.tag();
    switch (tag) {
      case 10:
        root.name = r.string("name");
        break;
      case 16:
        root.exportId = r.uint32("export_id");
        break;
      case 26:
        root.interface = r.string("interface");
        break;
      case 33:
        root.fingerprint = r.fixed64("fingerprint");
        break;
      case 42:
        root.snapshot = r.bytes("snapshot");
        break;
      default:
        r.skip(tag);
    }
  }
  return root;
}
