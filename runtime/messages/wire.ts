/**
 * Short names for generated/wire; nothing else in runtime/ imports it. Only what is rare goes through protobuf-es
 * (Hello); the instructions of every call have an encoder of their own (instruction.ts).
 */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { type Hello, HelloSchema, RootSchema } from "../../generated/wire/peerwire/v1/hello_pb.js";

/** What a peer says of itself; see schema/peerwire/v1/hello.proto. */
export interface HelloMessage {
  protocolVersion: number;
  peerName: string;
  peerVersion: string;
  credentials: Uint8Array;
  maxMessageBytes: number;
  maxInlineBytes: number;
  roots: { name: string; exportId: number; interface: string; fingerprint: bigint }[];
  receiverName: string;
}

export function encodeHello(hello: HelloMessage): Uint8Array {
  return toBinary(
    HelloSchema,
    create(HelloSchema, { ...hello, roots: hello.roots.map((root) => create(RootSchema, root)) }),
  );
}

/** @throws where the bytes are not a Hello. */
export function decodeHello(bytes: Uint8Array): HelloMessage {
  const hello: Hello = fromBinary(HelloSchema, bytes, { readUnknownFields: false });
  return hello;
}
