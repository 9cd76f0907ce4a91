/**
 * Instructions to bytes, by an encoder of their own: every call passes through it. A test holds that its output is that
 * of protobuf-es, byte for byte. Source of the numbers: schema/peerwire/v1.
 */
import { writeFields } from "../protobuf/field-table.js";
import type { ProtobufWriter } from "../protobuf/writer.js";
import { INSTRUCTIONS } from "./instruction-fields.js";
import type { Instruction, WireCall, WireReference, WireReturn } from "./instruction.js";
import { promised, reference } from "./reference-fields.js";

// Tags are field << 3 | wire type: 0 varint, 2 length-delimited, 5 four bytes.

/** Writes one instruction, its size in front. */
export function writeInstruction(w: ProtobufWriter, instruction: Instruction): void {
  const size = w.beginDelimited();
  if (instruction.kind === "call") writeCall(w, instruction);
  else if (instruction.kind === "return") writeReturn(w, instruction);
  else {
    const [tag, fields] = INSTRUCTIONS[instruction.kind];
    const at = w.beginPart(tag);
    const body = instruction.kind === "hello" ? instruction.hello : instruction;
    writeFields<Record<string, unknown>>(w, fields, body as unknown as Record<string, unknown>);
    w.endPart(at);
  }
  w.end(size);
}

function writeCall(w: ProtobufWriter, call: WireCall): void {
  const at = w.beginPart(18);
  writeUint(w, 8, call.callId);
  if ("importId" in call.target) w.uint32(16, call.target.importId, "importId");
  else promised.write(w, 26, call.target.promised, "promised");
  writeUint(w, 32, call.member);
  if (call.callKind !== 0) w.enum(40, call.callKind);
  if (call.interfaceId !== 0) w.fixed32(53, call.interfaceId, "interfaceId");
  if (call.arguments.length > 0) w.bytes(58, call.arguments, "arguments");
  writeUint(w, 64, call.argumentsPayloadId);
  if (call.references.length > 0) writeReferences(w, 74, call.references);
  if (call.keepsResult) w.bool(80, true, "keepsResult");
  if (call.timeoutMs !== 0) w.int53(88, call.timeoutMs, "timeoutMs");
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
  for (const one of references) reference.write(w, tag, one, "references");
}

function writeUint(w: ProtobufWriter, tag: number, value: number): void {
  if (value !== 0) w.uint32(tag, value, "");
}
