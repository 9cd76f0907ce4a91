/** An error with its causes, as it crosses: of a call, of a payload, of a session. Source: schema/peerwire/v1/error.proto. */
import {
  type FieldTable,
  type FieldType,
  bool,
  bytes,
  nested,
  optional,
  string,
  uint32,
} from "../protobuf/field-table.js";
import { NO_BYTES, type WireError } from "./instruction.js";

export const error: FieldType<WireError> = nested(() => ERROR);

const ERROR: FieldTable<WireError> = [
  [8, "code", uint32],
  [18, "message", string],
  [26, "name", string],
  [34, "declaredType", string],
  [42, "declaredFields", bytes],
  [50, "cause", optional(error)],
  [58, "stack", string],
  [64, "notDispatched", bool],
];

/** Of what nobody has thrown, and before anything ran. @param code  its number in the schema. */
export function plainError(code: number, message: string): WireError {
  return {
    code,
    message,
    name: "CallError",
    declaredType: "",
    declaredFields: NO_BYTES,
    cause: undefined,
    stack: "",
    notDispatched: true,
  };
}
