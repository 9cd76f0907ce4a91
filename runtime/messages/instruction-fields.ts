/**
 * The fields of all instructions but calls and their returns. Source: schema/peerwire/v1/instruction.proto, and what it
 * names.
 */
import { type FieldTable, type FieldType, nested, repeated, uint32 } from "../protobuf/field-table.js";
import { error } from "./error-fields.js";
import { HELLO, type HelloMessage } from "./hello.js";
import type { Instruction } from "./instruction.js";
import { reference } from "./reference-fields.js";

type Kind = Exclude<Instruction["kind"], "call" | "return">;
type Body<K extends Kind> = K extends "hello" ? HelloMessage : Omit<Extract<Instruction, { kind: K }>, "kind">;

/** Milliseconds. They are 64 bits on the wire, and no number here means more than 2^53 of them. */
export const milliseconds: FieldType<number> = {
  none: () => 0,
  read: (r, name) => Number(r.uint64(name)),
  write: (w, tag, value, name) => {
    w.int53(tag, value, name);
  },
};

const RELEASED: FieldTable<{ importId: number; count: number }> = [
  [8, "importId", uint32],
  [16, "count", uint32],
];
const ONE_CALL: FieldTable<{ callId: number }> = [[8, "callId", uint32]];

/** By its kind, the tag of an instruction in its envelope, and its fields. */
export const INSTRUCTIONS: { readonly [K in Kind]: readonly [tag: number, fields: FieldTable<Body<K>>] } = {
  hello: [10, HELLO],
  throw: [
    34,
    [
      [8, "callId", uint32],
      [18, "error", error],
    ],
  ],
  cancel: [42, ONE_CALL],
  finish: [50, ONE_CALL],
  release: [58, [[10, "references", repeated(nested(() => RELEASED))]]],
  itemReferences: [
    66,
    [
      [8, "payloadId", uint32],
      [18, "references", repeated(reference)],
    ],
  ],
  drain: [74, [[8, "graceMs", milliseconds]]],
  itemCredit: [
    82,
    [
      [8, "payloadId", uint32],
      [16, "references", uint32],
    ],
  ],
  goodbye: [90, [[10, "error", error]]],
};
