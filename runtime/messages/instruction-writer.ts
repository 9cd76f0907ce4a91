/**
 * Instructions to bytes, by an encoder of their own: every call passes through it. A test holds that its output is that
 * of protobuf-es, byte for byte. Source of the numbers: schema/peerwire/v1.
 */
import type { ProtobufWriter } from "../protobuf/writer.js";
import { writeHello } from "./hello.js";
import type { Instruction, WireCall, WireError, WireReference, WireReturn } from "./instruction.js";

// Tags are field << 3 | wire type: 0 varint, 2 length-delimited, 5 four bytes.

/** Writes one instruction, its size in front. */
export function writeInstruction(w: ProtobufWriter, instruction: Instruction): void {
  const size = w.beginDelimited();
  switch (instruction.kind) {
    case "hello": {
      const at = w.beginPart(10);
      writeHello(w, instruction.hello);
      w.endPart(at);
      break;
    }
    case "call":
      writeCall(w, instruction);
      break;
    case "return":
      writeReturn(w, instruction);
      break;
    case "throw": {
      const at = w.beginPart(34);
      writeUint(w, 8, instruction.callId);
      writeError(w, 18, instruction.error);
      w.endPart(at);
      break;
    }
    case "cancel":
    case "finish": {
      const at = w.beginPart(instruction.kind === "cancel" ? 42 : 50);
      writeUint(w, 8, instruction.callId);
      w.endPart(at);
      break;
    }
    case "release": {
      const at = w.beginPart(58);
      for (const { importId, count } of instruction.references) {
        const entry = w.beginPart(10);
        writeUint(w, 8, importId);
        writeUint(w, 16, count);
        w.endPart(entry);
      }
      w.endPart(at);
      break;
    }
    case "itemReferences": {
      const at = w.beginPart(66);
      writeUint(w, 8, instruction.payloadId);
      writeReferences(w, 18, instruction.references);
      w.endPart(at);
      break;
    }
    case "drain": {
      const at = w.beginPart(74);
      if (instruction.graceMs !== 0) w.int53(8, instruction.graceMs, "grace_ms");
      w.endPart(at);
      break;
    }
    case "itemCredit": {
      const at = w.beginPart(82);
      writeUint(w, 8, instruction.payloadId);
      writeUint(w, 16, instruction.references);
      w.endPart(at);
      break;
    }
    case "goodbye": {
      const at = w.beginPart(90);
      writeError(w, 10, instruction.error);
      w.endPart(at);
    }
  }
  w.end(size);
}

function writeCall(w: ProtobufWriter, call: WireCall): void {
  const at = w.beginPart(18);
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
  w.endPart(at);
}

function writeReturn(w: ProtobufWriter, answer: WireReturn): void {
  const at = w.beginPart(26);
  writeUint(w, 8, answer.callId);
  if (answer.result.length > 0) w.bytes(18, answer.result, "result");
  writeUint(w, 24, answer.resultPayloadId);
  if (answer.references.length > 0) writeReferences(w, 34, answer.references);
  w.endPart(at);
}

function writeReferences(w: ProtobufWriter, tag: number, references: readonly WireReference[]): void {
  for (const reference of references) {
    const at = w.beginPart(tag);
    switch (reference.kind) {
      case "export":
        w.uint32(8, reference.id, "export_id");
        if (reference.interfaceId !== 0) w.fixed32(45, reference.interfaceId, "interface_id");
        if (reference.snapshot !== undefined && reference.snapshot.length > 0)
          w.bytes(58, reference.snapshot, "snapshot");
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
    w.endPart(at);
  }
}

function writePromised(
  w: ProtobufWriter,
  tag: number,
  promised: { readonly callId: number; readonly path: readonly number[] },
): void {
  const at = w.beginPart(tag);
  writeUint(w, 8, promised.callId);
  if (promised.path.length > 0) w.packed(18, promised.path, "path", "uint32");
  w.endPart(at);
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
  if (error.notDispatched) w.bool(64, true, "not_dispatched");
  w.end(at);
}

function writeUint(w: ProtobufWriter, tag: number, value: number): void {
  if (value !== 0) w.uint32(tag, value, "");
}
