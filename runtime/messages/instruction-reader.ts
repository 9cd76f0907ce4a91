/**
 * Bytes to instructions, by a decoder of its own: every call passes through it. A test holds that it reads what
 * protobuf-es writes. Source of the numbers: schema/peerwire/v1.
 */
import { ProtocolError } from "../base/errors.js";
import { DEFAULT_LIMITS } from "../base/limits.js";
import {
  type FieldReader,
  type ReadTable,
  bool,
  bytes,
  fixed32,
  readFields,
  readNested,
  repeated,
  string,
  uint32,
} from "../protobuf/field-table.js";
import { ProtobufReader } from "../protobuf/reader.js";
import { setOwn } from "../protobuf/values.js";
import type { HelloMessage } from "./hello.js";
import { INSTRUCTIONS, milliseconds } from "./instruction-fields.js";
import type { Instruction, WireCall, WireReturn, WireTarget } from "./instruction.js";
import { promised, reference } from "./reference-fields.js";

const imported: FieldReader<WireTarget> = { read: (r, name) => ({ importId: r.uint32(name) }) };
const promisedResult: FieldReader<WireTarget> = {
  read: (r, name) => ({ promised: promised.read(r, name, undefined as never) }),
};

const metadata: FieldReader<WireCall["metadata"]> = {
  none: () => undefined,
  read(r, name, before = {}) {
    const { key, value } = readNested(r, ENTRY, name);
    setOwn(before, key, value);
    return before;
  },
};
const ENTRY: ReadTable<{ key: string; value: string }> = [
  [10, "key", string],
  [18, "value", string],
];

const CALL: ReadTable<Omit<WireCall, "kind">> = [
  [8, "callId", uint32],
  [16, "target", imported],
  [26, "target", promisedResult],
  [32, "member", uint32],
  [40, "callKind", uint32],
  [53, "interfaceId", fixed32],
  [58, "arguments", bytes],
  [64, "argumentsPayloadId", uint32],
  [74, "references", repeated(reference)],
  [80, "keepsResult", bool],
  [88, "timeoutMs", milliseconds],
  [96, "depth", uint32],
  [106, "metadata", metadata],
];

const RETURN: ReadTable<Omit<WireReturn, "kind">> = [
  [8, "callId", uint32],
  [18, "result", bytes],
  [24, "resultPayloadId", uint32],
  [34, "references", repeated(reference)],
];

const KINDS = Object.entries<readonly [tag: number, fields: ReadTable<Record<string, unknown>>]>({
  ...INSTRUCTIONS,
  call: [18, CALL],
  return: [26, RETURN],
});

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
    const known = KINDS.find(([, [one]]) => one === tag);
    if (known === undefined) {
      r.skip(tag);
      continue;
    }
    const [kind, [, fields]] = known;
    const outer = r.enterPart(); // people know no envelope
    const body = readFields(r, fields);
    instruction =
      kind === "hello"
        ? { kind, hello: body as unknown as HelloMessage }
        : ({ kind, ...body } as unknown as Instruction);
    r.leavePart(outer);
  }
  return instruction;
}
