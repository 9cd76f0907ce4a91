/**
 * Instructions as plain objects, and their bytes. Field by field what schema/peerwire/v1/{instruction,call,reference,
 * error}.proto say; a test holds that the bytes are those of protobuf-es. Knows no call and no object.
 */
import { ProtocolError } from "../base/errors.js";
import { DEFAULT_LIMITS } from "../base/limits.js";
import { ProtobufReader } from "../protobuf/reader.js";
import type { ProtobufWriter } from "../protobuf/writer.js";
import { type HelloMessage, decodeHello, encodeHello } from "./wire.js";

export type WireReference =
  | { readonly kind: "export"; readonly id: number; readonly interfaceId: number }
  | { readonly kind: "import"; readonly id: number }
  | { readonly kind: "promised"; readonly callId: number; readonly path: readonly number[] }
  | { readonly kind: "payload"; readonly id: number }
  | { readonly kind: "none" };

export type WireTarget =
  { readonly importId: number } | { readonly promised: { readonly callId: number; readonly path: readonly number[] } };

/** CallKind, by its number in the schema. */
export const CallKind = { call: 1, get: 2, set: 3, construct: 4 } as const;
export type CallKind = (typeof CallKind)[keyof typeof CallKind];

export interface WireCall {
  readonly kind: "call";
  /** 0: one-way. */
  callId: number;
  target: WireTarget;
  member: number;
  callKind: number;
  interfaceId: number;
  /** Empty where there are none, or where `argumentsPayloadId` says where they are. */
  arguments: Uint8Array;
  argumentsPayloadId: number;
  references: readonly WireReference[];
  keepsResult: boolean;
  timeoutMs: number;
  depth: number;
  metadata: Readonly<Record<string, string>> | undefined;
}

export interface WireReturn {
  readonly kind: "return";
  callId: number;
  result: Uint8Array;
  resultPayloadId: number;
  references: readonly WireReference[];
}

export interface WireError {
  code: number;
  message: string;
  name: string;
  declaredType: string;
  declaredFields: Uint8Array;
  cause: WireError | undefined;
  stack: string;
}

export type Instruction =
  | { readonly kind: "hello"; hello: HelloMessage }
  | WireCall
  | WireReturn
  | { readonly kind: "throw"; callId: number; error: WireError }
  | { readonly kind: "cancel"; callId: number }
  | { readonly kind: "finish"; callId: number }
  | { readonly kind: "release"; references: readonly { importId: number; count: number }[] }
  | { readonly kind: "itemReferences"; payloadId: number; references: readonly WireReference[] }
  | { readonly kind: "drain"; graceMs: number };

const NO_BYTES = new Uint8Array();
const NO_REFERENCES: readonly WireReference[] = [];

// Tags are field << 3 | wire type: 0 varint, 2 length-delimited, 5 four bytes.

/** Writes one instruction, its size in front. */
export function writeInstruction(w: ProtobufWriter, instruction: Instruction): void {
  const size = w.beginDelimited();
  switch (instruction.kind) {
    case "hello":
      w.bytes(10, encodeHello(instruction.hello), "hello");
      break;
    case "call":
      writeCall(w, instruction);
      break;
    case "return":
      writeReturn(w, instruction);
      break;
    case "throw": {
      const at = w.begin(34, "throw");
      writeUint(w, 8, instruction.callId);
      writeError(w, 18, instruction.error);
      w.end(at);
      break;
    }
    case "cancel":
    case "finish": {
      const at = w.begin(instruction.kind === "cancel" ? 42 : 50, instruction.kind);
      writeUint(w, 8, instruction.callId);
      w.end(at);
      break;
    }
    case "release": {
      const at = w.begin(58, "release");
      for (const { importId, count } of instruction.references) {
        const entry = w.begin(10, "references");
        writeUint(w, 8, importId);
        writeUint(w, 16, count);
        w.end(entry);
      }
      w.end(at);
      break;
    }
    case "itemReferences": {
      const at = w.begin(66, "item_references");
      writeUint(w, 8, instruction.payloadId);
      writeReferences(w, 18, instruction.references);
      w.end(at);
      break;
    }
    case "drain": {
      const at = w.begin(74, "drain");
      if (instruction.graceMs !== 0) w.int53(8, instruction.graceMs, "grace_ms");
      w.end(at);
    }
  }
  w.end(size);
}

function writeCall(w: ProtobufWriter, call: WireCall): void {
  const at = w.begin(18, "call");
  writeUint(w, 8, call.callId);
  if ("importId" in call.target) w.uint32(16, call.target.importId, "import_id");
  else writePromised(w, 26, call.target.promised);
  writeUint(w, 32, call.member);
  if (call.callKind !== 0) w.enum(40, call.callKind);
  if (call.interfaceId !== 0) w.fixed32(53, call.interfaceId, "interface_id");
  if (call.arguments.length > 0) w.bytes(58, call.arguments, "arguments");
  writeUint(w, 64, call.argumentsPayloadId);
  if (call.references.length > 0) writeReferences(w, 74, call.references);
  if (call.keepsResult) w.bool(80, true, "keeps_result");
  if (call.timeoutMs !== 0) w.int53(88, call.timeoutMs, "timeout_ms");
  writeUint(w, 96, call.depth);
  if (call.metadata !== undefined) {
    for (const [key, value] of Object.entries(call.metadata)) {
      const entry = w.begin(106, "metadata", key);
      w.string(10, key, "key");
      w.string(18, value, "value");
      w.end(entry);
    }
  }
  w.end(at);
}

function writeReturn(w: ProtobufWriter, answer: WireReturn): void {
  const at = w.begin(26, "return");
  writeUint(w, 8, answer.callId);
  if (answer.result.length > 0) w.bytes(18, answer.result, "result");
  writeUint(w, 24, answer.resultPayloadId);
  if (answer.references.length > 0) writeReferences(w, 34, answer.references);
  w.end(at);
}

function writeReferences(w: ProtobufWriter, tag: number, references: readonly WireReference[]): void {
  for (const reference of references) {
    const at = w.begin(tag, "references");
    switch (reference.kind) {
      case "export":
        w.uint32(8, reference.id, "export_id");
        if (reference.interfaceId !== 0) w.fixed32(45, reference.interfaceId, "interface_id");
        break;
      case "import":
        w.uint32(16, reference.id, "import_id");
        break;
      case "promised":
        writePromised(w, 26, reference);
        break;
      case "payload":
        w.uint32(32, reference.id, "payload_id");
        break;
      case "none":
        w.bool(48, true, "none");
    }
    w.end(at);
  }
}

function writePromised(
  w: ProtobufWriter,
  tag: number,
  promised: { readonly callId: number; readonly path: readonly number[] },
): void {
  const at = w.begin(tag, "promised");
  writeUint(w, 8, promised.callId);
  w.packed(18, promised.path, "path", "uint32");
  w.end(at);
}

/** Also used for the end of a payload (payload-record.ts). */
export function writeError(w: ProtobufWriter, tag: number, error: WireError): void {
  const at = w.begin(tag, "error");
  if (error.code !== 0) w.enum(8, error.code);
  if (error.message !== "") w.string(18, error.message, "message");
  if (error.name !== "") w.string(26, error.name, "name");
  if (error.declaredType !== "") w.string(34, error.declaredType, "declared_type");
  if (error.declaredFields.length > 0) w.bytes(42, error.declaredFields, "declared_fields");
  if (error.cause !== undefined) writeError(w, 50, error.cause);
  if (error.stack !== "") w.string(58, error.stack, "stack");
  w.end(at);
}

function writeUint(w: ProtobufWriter, tag: number, value: number): void {
  if (value !== 0) w.uint32(tag, value, "");
}

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
    if (tag === 10) {
      instruction = { kind: "hello", hello: decodeHello(r.bytes("hello")) };
      continue;
    }
    if ((tag & 7) !== 2 || tag > 74) {
      r.skip(tag);
      continue;
    }
    const outer = r.enter("");
    switch (tag) {
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
    }
    r.leave(outer);
  }
  return instruction;
}

function readCall(r: ProtobufReader): WireCall {
  let target: WireTarget | undefined;
  let references: WireReference[] | undefined;
  let metadata: Map<string, string> | undefined;
  const call: WireCall = {
    kind: "call",
    callId: 0,
    target: { importId: 0 },
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
        target = { importId: r.uint32("import_id") };
        break;
      case 26:
        target = { promised: readPromised(r) };
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
  if (target === undefined) throw r.missing("target");
  call.target = target;
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

function readReference(r: ProtobufReader): WireReference {
  r.element("references");
  const outer = r.enter("references");
  let reference: WireReference = { kind: "none" };
  let interfaceId = 0;
  while (r.more()) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        reference = { kind: "export", id: r.uint32("export_id"), interfaceId };
        break;
      case 16:
        reference = { kind: "import", id: r.uint32("import_id") };
        break;
      case 26:
        reference = { kind: "promised", ...readPromised(r) };
        break;
      case 32:
        reference = { kind: "payload", id: r.uint32("payload_id") };
        break;
      case 45:
        interfaceId = r.fixed32("interface_id");
        break;
      default:
        r.skip(tag); // `none` too: it is what is left
    }
  }
  r.leave(outer);
  return reference.kind === "export" ? { ...reference, interfaceId } : reference;
}

function readPromised(r: ProtobufReader): { callId: number; path: number[] } {
  const outer = r.enter("promised");
  let callId = 0;
  const path: number[] = [];
  while (r.more()) {
    const tag = r.tag();
    if (tag === 8) callId = r.uint32("call_id");
    else if (tag === 18 || tag === 16) r.packed(tag, path, "path", "uint32");
    else r.skip(tag);
  }
  r.leave(outer);
  return { callId, path };
}

/** Also used for the end of a payload (payload-record.ts). */
export function readError(r: ProtobufReader): WireError {
  const outer = r.enter("error");
  const error: WireError = {
    code: 0,
    message: "",
    name: "",
    declaredType: "",
    declaredFields: NO_BYTES,
    cause: undefined,
    stack: "",
  };
  while (r.more()) {
    const tag = r.tag();
    switch (tag) {
      case 8:
        error.code = r.enum("code");
        break;
      case 18:
        error.message = r.string("message");
        break;
      case 26:
        error.name = r.string("name");
        break;
      case 34:
        error.declaredType = r.string("declared_type");
        break;
      case 42:
        error.declaredFields = r.bytes("declared_fields");
        break;
      case 50:
        error.cause = readError(r);
        break;
      case 58:
        error.stack = r.string("stack");
        break;
      default:
        r.skip(tag);
    }
  }
  r.leave(outer);
  return error;
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
