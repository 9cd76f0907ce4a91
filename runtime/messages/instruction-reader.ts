/**
 * Bytes to instructions, by a decoder of its own: every call passes through it. A test holds that it reads what
 * protobuf-es writes. Source of the numbers: schema/peerwire/v1.
 */
import { ProtocolError } from "../base/errors.js";
import { DEFAULT_LIMITS } from "../base/limits.js";
import { ProtobufReader } from "../protobuf/reader.js";
import { readError } from "./error-reader.js";
import { readHello } from "./hello.js";
import {
  NO_BYTES,
  type Instruction,
  type WireCall,
  type WireError,
  type WireReference,
  type WireReturn,
  type WireTarget,
} from "./instruction.js";
import { readPromised, readReference } from "./reference-reader.js";

const NO_TARGET: WireTarget = { importId: 0 };
const NO_REFERENCES: readonly WireReference[] = [];

/**
 * Reads one instruction. Its byte fields are copies: `bytes` may be reused.
 * @throws {ProtocolError} "bad-instruction"
 */
export function readInstruction(bytes: Uint8Array): Instruction {
  try {
    const instruction = readEnvelope(new ProtobufReader(bytes, DEFAULT_LIMITS, Number.POSITIVE_INFINITY));
    if (instruction !== undefined) return instruction;
  } catch (error) {
    throw new ProtocolError(
      "bad-instruction",
      `an instruction of ${bytes.length} bytes that does not decode: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
  throw new ProtocolError(
    "bad-instruction",
    `an instruction of ${bytes.length} bytes of a kind that protocol version 1 does not have`,
  );
}

function readEnvelope(r: ProtobufReader): Instruction | undefined {
  let instruction: Instruction | undefined;
  while (r.more()) {
    const tag = r.tag();
    if ((tag & 7) !== 2 || tag > 90) {
      r.skip(tag);
      continue;
    }
    const outer = r.enterPart(); // people know no envelope
    switch (tag) {
      case 10:
        instruction = { kind: "hello", hello: readHello(r) };
        break;
      case 18:
        instruction = readCall(r);
        break;
      case 26:
        instruction = readReturn(r);
        break;
      case 34:
        instruction = readThrow(r);
        break;
      case 42:
        instruction = { kind: "cancel", callId: readOnlyUint(r) };
        break;
      case 50:
        instruction = { kind: "finish", callId: readOnlyUint(r) };
        break;
      case 58:
        instruction = readRelease(r);
        break;
      case 66:
        instruction = readItemReferences(r);
        break;
      case 74:
        instruction = { kind: "drain", graceMs: readOnlyUint(r) };
        break;
      case 82:
        instruction = readItemCredit(r);
        break;
      case 90:
        instruction = readGoodbye(r);
    }
    r.leavePart(outer);
  }
  return instruction;
}

function readCall(r: ProtobufReader): WireCall {
  let references: WireReference[] | undefined;
  let metadata: Map<string, string> | undefined;
  const call: WireCall = {
    kind: "call",
    callId: 0,
    target: NO_TARGET,
    member: 0,
    callKind: 0,
    interfaceId: 0,
    arguments: NO_BYTES,
    argumentsPayloadId: 0,
    references: NO_REFERENCES,
    keepsResult: false,
    timeoutMs: 0,
    depth: 0,
    metadata: undefined,
  };
  while (r.more()) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        call.callId = r.uint32("call_id");
        break;
      case 16:
        call.target = { importId: r.uint32("import_id") };
        break;
      case 26:
        call.target = { promised: readPromised(r) };
        break;
      case 32:
        call.member = r.uint32("member");
        break;
      case 40:
        call.callKind = r.enum("kind");
        break;
      case 53:
        call.interfaceId = r.fixed32("interface_id");
        break;
      case 58:
        call.arguments = r.bytes("arguments");
        break;
      case 64:
        call.argumentsPayloadId = r.uint32("arguments_payload_id");
        break;
      case 74:
        (references ??= []).push(readReference(r));
        break;
      case 80:
        call.keepsResult = r.bool("keeps_result");
        break;
      case 88:
        call.timeoutMs = Number(r.uint64("timeout_ms"));
        break;
      case 96:
        call.depth = r.uint32("depth");
        break;
      case 106:
        readMetadata(r, (metadata ??= new Map<string, string>()));
        break;
      default:
        r.skip(tag);
    }
  }
  if (call.target === NO_TARGET) throw r.missing("target");
  if (references !== undefined) call.references = references;
  if (metadata !== undefined) call.metadata = Object.fromEntries(metadata);
  return call;
}

function readMetadata(r: ProtobufReader, into: Map<string, string>): void {
  const outer = r.enter("metadata");
  let key = "";
  let value = "";
  while (r.more()) {
    const tag = r.tag();
    if (tag === 10) key = r.string("key");
    else if (tag === 18) value = r.string("value");
    else r.skip(tag);
  }
  r.leave(outer);
  into.set(key, value);
}

function readReturn(r: ProtobufReader): WireReturn {
  let references: WireReference[] | undefined;
  const answer: WireReturn = {
    kind: "return",
    callId: 0,
    result: NO_BYTES,
    resultPayloadId: 0,
    references: NO_REFERENCES,
  };
  while (r.more()) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        answer.callId = r.uint32("call_id");
        break;
      case 18:
        answer.result = r.bytes("result");
        break;
      case 24:
        answer.resultPayloadId = r.uint32("result_payload_id");
        break;
      case 34:
        (references ??= []).push(readReference(r));
        break;
      default:
        r.skip(tag);
    }
  }
  if (references !== undefined) answer.references = references;
  return answer;
}

function readThrow(r: ProtobufReader): Instruction {
  let callId = 0;
  let error: WireError | undefined;
  while (r.more()) {
    const tag = r.tag();
    if (tag === 8) callId = r.uint32("call_id");
    else if (tag === 18) error = readError(r);
    else r.skip(tag);
  }
  if (error === undefined) throw r.missing("error");
  return { kind: "throw", callId, error };
}

function readGoodbye(r: ProtobufReader): Instruction {
  let error: WireError | undefined;
  while (r.more()) {
    const tag = r.tag();
    if (tag === 10) error = readError(r);
    else r.skip(tag);
  }
  if (error === undefined) throw r.missing("error");
  return { kind: "goodbye", error };
}

function readRelease(r: ProtobufReader): Instruction {
  const references: { importId: number; count: number }[] = [];
  while (r.more()) {
    const tag = r.tag();
    if (tag !== 10) {
      r.skip(tag);
      continue;
    }
    r.element("references");
    const outer = r.enter("references", references.length);
    let importId = 0;
    let count = 0;
    while (r.more()) {
      const field = r.tag();
      if (field === 8) importId = r.uint32("import_id");
      else if (field === 16) count = r.uint32("count");
      else r.skip(field);
    }
    r.leave(outer);
    references.push({ importId, count });
  }
  return { kind: "release", references };
}

function readItemReferences(r: ProtobufReader): Instruction {
  let payloadId = 0;
  const references: WireReference[] = [];
  while (r.more()) {
    const tag = r.tag();
    if (tag === 8) payloadId = r.uint32("payload_id");
    else if (tag === 18) references.push(readReference(r));
    else r.skip(tag);
  }
  return { kind: "itemReferences", payloadId, references };
}

function readItemCredit(r: ProtobufReader): Instruction {
  let payloadId = 0;
  let references = 0;
  while (r.more()) {
    const tag = r.tag();
    if (tag === 8) payloadId = r.uint32("payload_id");
    else if (tag === 16) references = r.uint32("references");
    else r.skip(tag);
  }
  return { kind: "itemCredit", payloadId, references };
}

function readOnlyUint(r: ProtobufReader): number {
  let value = 0;
  while (r.more()) {
    const tag = r.tag();
    if (tag === 8) value = r.int53("");
    else r.skip(tag);
  }
  return value;
}
