/**
 * The encoder of instructions by hand against protobuf-es: the same bytes for every instruction, and the same meaning
 * read back by either. generated/wire is the truth.
 */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { sizeDelimitedEncode } from "@bufbuild/protobuf/wire";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import {
  type ErrorCode,
  type Error as ErrorMessage,
  ErrorSchema,
} from "../../../generated/wire/peerwire/v1/error_pb.js";
import type { CallKind } from "../../../generated/wire/peerwire/v1/call_pb.js";
import { type Instruction as Message, InstructionSchema } from "../../../generated/wire/peerwire/v1/instruction_pb.js";
import { PayloadRecordSchema } from "../../../generated/wire/peerwire/v1/payload_pb.js";
import {
  type PromisedReference,
  PromisedReferenceSchema,
  type Reference,
  ReferenceSchema,
} from "../../../generated/wire/peerwire/v1/reference_pb.js";
import { readInstruction } from "../../../runtime/messages/instruction-reader.js";
import { writeInstruction } from "../../../runtime/messages/instruction-writer.js";
import type { Instruction, WireError, WireReference } from "../../../runtime/messages/instruction.js";
import { PlainInstructions } from "../../../runtime/messages/plain-instruction.js";
import { encodeMark, readRecord } from "../../../runtime/messages/payload-record.js";
import { ProtobufWriter } from "../../../runtime/protobuf/writer.js";
import { itemHead } from "../../support/item-head.js";

const uint32 = fc.oneof(fc.constantFrom(0, 1, 127, 128, 16_383, 16_384, 0x7fffffff, 0xffffffff), fc.nat(0xffffffff));
const uint53 = fc.oneof(
  fc.constantFrom(0, 1, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER),
  fc.nat(Number.MAX_SAFE_INTEGER),
);
const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc.constantFrom("", "a".repeat(127), "a".repeat(128), "€".repeat(43), "__proto__"),
);
const blob = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.constantFrom(127, 128, 16_383, 16_384).map((n) => new Uint8Array(n).fill(7)),
);
const path = fc.array(uint32, { maxLength: 4 });
const reference: fc.Arbitrary<WireReference> = fc.oneof(
  fc.record({ kind: fc.constant("export" as const), id: uint32, interfaceId: uint32 }),
  fc.record({
    kind: fc.constant("export" as const),
    id: uint32,
    interfaceId: uint32,
    snapshot: blob.filter((one) => one.length > 0),
  }),
  fc.record({ kind: fc.constant("import" as const), id: uint32 }),
  fc.record({ kind: fc.constant("promised" as const), callId: uint32, path }),
  fc.record({ kind: fc.constant("payload" as const), id: uint32 }),
  fc.constant({ kind: "none" as const }),
);
const references = fc.array(reference, { maxLength: 6 });
const { error } = fc.letrec<{ error: WireError }>((tie) => ({
  error: fc.record({
    code: fc.nat(16),
    message: text,
    name: text,
    declaredType: text,
    declaredFields: blob,
    cause: fc.option(tie("error"), { nil: undefined, depthSize: "small" }),
    stack: text,
    notDispatched: fc.boolean(),
  }),
}));
const callId = uint32;
const instruction: fc.Arbitrary<Instruction> = fc.oneof(
  fc.record({
    kind: fc.constant("hello" as const),
    hello: fc.record({
      protocolVersion: uint32,
      peerName: text,
      peerVersion: text,
      credentials: blob,
      maxMessageBytes: uint32,
      maxInlineBytes: uint32,
      roots: fc.array(
        fc.record({
          name: text,
          exportId: uint32,
          interface: text,
          fingerprint: fc.bigInt(0n, 2n ** 64n - 1n),
          snapshot: blob,
        }),
        { maxLength: 3 },
      ),
      receiverName: text,
    }),
  }),
  fc.record({
    kind: fc.constant("call" as const),
    callId,
    target: fc.oneof(fc.record({ importId: uint32 }), fc.record({ promised: fc.record({ callId: uint32, path }) })),
    member: uint32,
    callKind: fc.nat(4),
    interfaceId: uint32,
    arguments: blob,
    argumentsPayloadId: uint32,
    references,
    keepsResult: fc.boolean(),
    timeoutMs: uint53,
    depth: uint32,
    metadata: fc.option(fc.dictionary(text, text, { maxKeys: 4, minKeys: 1, noNullPrototype: true }), {
      nil: undefined,
    }),
  }),
  fc.record({ kind: fc.constant("return" as const), callId, result: blob, resultPayloadId: uint32, references }),
  fc.record({ kind: fc.constant("throw" as const), callId, error }),
  fc.record({ kind: fc.constantFrom("cancel" as const, "finish" as const), callId }),
  fc.record({
    kind: fc.constant("release" as const),
    references: fc.array(fc.record({ importId: uint32, count: uint32 }), { maxLength: 5 }),
  }),
  fc.record({ kind: fc.constant("itemReferences" as const), payloadId: uint32, references }),
  fc.record({ kind: fc.constant("drain" as const), graceMs: uint53 }),
  fc.record({ kind: fc.constant("itemCredit" as const), payloadId: uint32, references: uint32 }),
  fc.record({ kind: fc.constant("goodbye" as const), error }),
);

function promisedMessage({ callId: id, path: fields }: { callId: number; path: readonly number[] }): PromisedReference {
  return create(PromisedReferenceSchema, { callId: id, path: [...fields] });
}

function referenceMessage(one: WireReference): Reference {
  switch (one.kind) {
    case "export":
      return create(ReferenceSchema, {
        reference: { case: "exportId", value: one.id },
        interfaceId: one.interfaceId,
        ...(one.snapshot !== undefined && { snapshot: one.snapshot }),
      });
    case "import":
      return create(ReferenceSchema, { reference: { case: "importId", value: one.id } });
    case "promised":
      return create(ReferenceSchema, { reference: { case: "promised", value: promisedMessage(one) } });
    case "payload":
      return create(ReferenceSchema, { reference: { case: "payloadId", value: one.id } });
    case "none":
      return create(ReferenceSchema, { reference: { case: "none", value: true } });
  }
}

function errorMessage({ cause, code, declaredFields, ...rest }: WireError): ErrorMessage {
  const fields = { ...rest, code: code as ErrorCode, declaredFields: new Uint8Array(declaredFields) };
  return create(ErrorSchema, { ...fields, ...(cause === undefined ? undefined : { cause: errorMessage(cause) }) });
}

/** The same instruction, as protobuf-es knows it. */
function asMessage(one: Instruction): Message {
  const wrap = (value: Parameters<typeof create<typeof InstructionSchema>>[1]): Message =>
    create(InstructionSchema, value);
  switch (one.kind) {
    case "hello":
      return wrap({ instruction: { case: "hello", value: { ...one.hello, roots: [...one.hello.roots] } } });
    case "call":
      return wrap({
        instruction: {
          case: "call",
          value: {
            callId: one.callId,
            target:
              "importId" in one.target
                ? { case: "importId", value: one.target.importId }
                : { case: "promised", value: promisedMessage(one.target.promised) },
            member: one.member,
            kind: one.callKind as CallKind,
            interfaceId: one.interfaceId,
            arguments: one.arguments,
            argumentsPayloadId: one.argumentsPayloadId,
            references: one.references.map(referenceMessage),
            keepsResult: one.keepsResult,
            timeoutMs: BigInt(one.timeoutMs),
            depth: one.depth,
            ...(one.metadata === undefined ? undefined : { metadata: { ...one.metadata } }),
          },
        },
      });
    case "return":
      return wrap({
        instruction: {
          case: "return",
          value: {
            callId: one.callId,
            result: one.result,
            resultPayloadId: one.resultPayloadId,
            references: one.references.map(referenceMessage),
          },
        },
      });
    case "throw":
      return wrap({ instruction: { case: "throw", value: { callId: one.callId, error: errorMessage(one.error) } } });
    case "cancel":
    case "finish":
      return wrap({ instruction: { case: one.kind, value: { callId: one.callId } } });
    case "release":
      return wrap({
        instruction: { case: "release", value: { references: one.references.map((each) => ({ ...each })) } },
      });
    case "itemReferences":
      return wrap({
        instruction: {
          case: "itemReferences",
          value: { payloadId: one.payloadId, references: one.references.map(referenceMessage) },
        },
      });
    case "drain":
      return wrap({ instruction: { case: "drain", value: { graceMs: BigInt(one.graceMs) } } });
    case "itemCredit":
      return wrap({
        instruction: { case: "itemCredit", value: { payloadId: one.payloadId, references: one.references } },
      });
    case "goodbye":
      return wrap({ instruction: { case: "goodbye", value: { error: errorMessage(one.error) } } });
  }
}

function encode(one: Instruction): Uint8Array {
  const writer = new ProtobufWriter();
  writeInstruction(writer, one);
  return writer.finish();
}

/** Own keys only, `-0` and array types apart: what an instruction means. */
function meaning(one: Instruction): unknown {
  return JSON.parse(
    JSON.stringify(one, (key, value: unknown) =>
      key.startsWith("$")
        ? undefined
        : value instanceof Uint8Array
          ? Buffer.from(value).toString("hex")
          : typeof value === "bigint"
            ? String(value)
            : value,
    ),
  );
}

describe("writeInstruction", () => {
  it("writes, size in front, the bytes that protobuf-es writes", () => {
    fc.assert(
      fc.property(instruction, (one) => {
        const expected = sizeDelimitedEncode(InstructionSchema, asMessage(one));
        expect(Buffer.from(encode(one)).toString("hex")).toBe(Buffer.from(expected).toString("hex"));
      }),
      { numRuns: 250 },
    );
  });

  it("writes one after the other into the same buffer", () => {
    fc.assert(
      fc.property(fc.array(instruction, { maxLength: 4 }), (several) => {
        const writer = new ProtobufWriter(undefined, 16);
        for (const one of several) writeInstruction(writer, one);
        const expected = Buffer.concat(several.map((one) => sizeDelimitedEncode(InstructionSchema, asMessage(one))));
        expect(Buffer.compare(writer.view(), expected)).toBe(0);
      }),
      { numRuns: 100 },
    );
  });
});

describe("readInstruction", () => {
  it("reads what protobuf-es wrote, and protobuf-es reads what we wrote", () => {
    fc.assert(
      fc.property(instruction, (one) => {
        const message = asMessage(one);
        expect(meaning(readInstruction(toBinary(InstructionSchema, message)))).toEqual(meaning(one));
        const own = encode(one);
        const sizeBytes = own.findIndex((byte) => byte < 0x80) + 1;
        expect(fromBinary(InstructionSchema, own.subarray(sizeBytes))).toEqual(message);
      }),
      { numRuns: 250 },
    );
  });

  it("copies what it hands out: the buffer may be reused", () => {
    const bytes = toBinary(
      InstructionSchema,
      asMessage({
        kind: "return",
        callId: 1,
        result: new Uint8Array(10_000).fill(5),
        resultPayloadId: 0,
        references: [],
      }),
    );
    const read = readInstruction(bytes) as { result: Uint8Array };
    bytes.fill(0);
    expect(read.result.every((byte) => byte === 5)).toBe(true);
  });

  it("never throws anything but a ProtocolError, whatever the bytes, and never hangs", () => {
    const mangled = fc
      .tuple(instruction, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 }), fc.nat())
      .map(([one, changes, cut]) => {
        const bytes = toBinary(InstructionSchema, asMessage(one));
        for (const [at, byte] of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte;
        return cut % 3 === 0 ? bytes.subarray(0, cut % (bytes.length + 1)) : bytes;
      });
    fc.assert(
      fc.property(fc.oneof(mangled, fc.uint8Array({ maxLength: 300 })), (bytes) => {
        try {
          readInstruction(bytes);
        } catch (thrown) {
          expect(thrown).toMatchObject({ name: "ProtocolError", code: "bad-instruction" });
        }
      }),
      { numRuns: 800 },
    );
  });

  it("skips fields that it does not know, at every depth", () => {
    const unknown = [0xa2, 0x06, 3, 1, 2, 3, 0xa8, 0x06, 5]; // fields 100 and 101
    const call = [8, 1, 0x10, 1, 0x20, 2, ...unknown];
    const read = readInstruction(new Uint8Array([...unknown, 0x12, call.length, ...call]));
    expect(read).toMatchObject({ kind: "call", callId: 1, member: 2, target: { importId: 1 } });
  });
});

describe("PlainInstructions", () => {
  const short = fc.nat(2 ** 28 - 1);
  const plainReference = fc.oneof(
    fc.record({ kind: fc.constant("export" as const), id: short, interfaceId: uint32 }),
    fc.record({ kind: fc.constant("import" as const), id: short }),
    fc.record({ kind: fc.constant("payload" as const), id: short }),
  );
  const plainReferences = fc.array(plainReference, { maxLength: 3 });
  const plain = fc.oneof(
    fc.record({
      kind: fc.constant("call" as const),
      callId: short,
      target: fc.oneof(
        fc.record({ importId: short }),
        fc.record({ promised: fc.record({ callId: short, path: fc.array(short, { maxLength: 3 }) }) }),
      ),
      member: short,
      callKind: fc.nat(4),
      interfaceId: uint32,
      arguments: blob,
      argumentsPayloadId: short,
      references: plainReferences,
      keepsResult: fc.boolean(),
      timeoutMs: short,
      depth: short,
      metadata: fc.constant(undefined),
    }),
    fc.record({
      kind: fc.constant("return" as const),
      callId: short,
      result: blob,
      resultPayloadId: short,
      references: plainReferences,
    }),
    fc.record({ kind: fc.constant("finish" as const), callId: short }),
    fc.record({
      kind: fc.constant("release" as const),
      references: fc.array(fc.record({ importId: short, count: short }), { maxLength: 3 }),
    }),
  );

  it("reads each plain instruction", () => {
    fc.assert(
      fc.property(plain, (one) => {
        const bytes = toBinary(InstructionSchema, asMessage(one));
        expect(meaning(new PlainInstructions().read(bytes, 0, bytes.length)!)).toEqual(meaning(one));
      }),
      { numRuns: 300 },
    );
  });

  it("reads, anywhere in a chunk, what readInstruction reads, or leaves it to that", () => {
    let taken = 0;
    fc.assert(
      fc.property(fc.oneof(plain, instruction), fc.nat(9), (one, before) => {
        const bytes = toBinary(InstructionSchema, asMessage(one));
        const chunk = Buffer.concat([Buffer.alloc(before, 0x12), bytes, Buffer.alloc(9, 0x12)]);
        const read = new PlainInstructions().read(chunk, before, before + bytes.length);
        if (read === undefined) return;
        taken++;
        expect(meaning(read)).toEqual(meaning(readInstruction(bytes)));
      }),
      { numRuns: 500 },
    );
    expect(taken).toBeGreaterThan(50);
  });

  it("leaves to readInstruction whatever is cut, mangled, or followed by more", () => {
    fc.assert(
      fc.property(plain, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }), fc.nat(), (one, changes, cut) => {
        let bytes = toBinary(InstructionSchema, asMessage(one));
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        if (cut % 2 === 0) bytes = bytes.subarray(0, cut % (bytes.length + 1));
        const read = new PlainInstructions().read(bytes, 0, bytes.length);
        if (read !== undefined) expect(meaning(read)).toEqual(meaning(readInstruction(bytes)));
      }),
      { numRuns: 1000 },
    );
  });

  it("copies what is large: the application may be handed views of that", () => {
    const result = new Uint8Array(5000).fill(5);
    const bytes = toBinary(
      InstructionSchema,
      asMessage({ kind: "return", callId: 1, result, resultPayloadId: 0, references: [] }),
    );
    const read = new PlainInstructions().read(bytes, 0, bytes.length);
    bytes.fill(0);
    expect((read as { result: Uint8Array }).result).toEqual(result);
  });
});

describe("payload records", () => {
  const end = fc.option(fc.record({ error: fc.option(error, { nil: undefined }) }), { nil: undefined });
  it("are the bytes of protobuf-es, and read back", () => {
    fc.assert(
      fc.property(uint32, blob, fc.boolean(), end, (payloadId, value, hasReferences, ending) => {
        const item = Buffer.concat([itemHead(value.length, payloadId, hasReferences), value]);
        // The value comes last, so that it need not be copied: the one place where the order of fields is another.
        const sizeBytes = item.findIndex((byte) => byte < 0x80) + 1;
        expect(fromBinary(PayloadRecordSchema, item.subarray(sizeBytes))).toEqual(
          create(PayloadRecordSchema, { payloadId, value, hasReferences }),
        );
        expect(readRecord(item.subarray(sizeBytes), false)).toMatchObject({ payloadId, hasReferences });
        expect(Buffer.compare(readRecord(item.subarray(sizeBytes), false).value!, value)).toBe(0);
        expect(Buffer.compare(readRecord(item.subarray(sizeBytes), true).value!, value)).toBe(0);
        const expected = sizeDelimitedEncode(
          PayloadRecordSchema,
          create(PayloadRecordSchema, {
            payloadId,
            ...(ending && { end: ending.error === undefined ? {} : { error: errorMessage(ending.error) } }),
          }),
        );
        expect(Buffer.compare(encodeMark(payloadId, ending), expected)).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});
