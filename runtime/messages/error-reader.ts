/** An error with its causes, from its bytes: of a call, or of a payload that ends with one. Source: schema/peerwire/v1/error.proto. */
import type { ProtobufReader } from "../protobuf/reader.js";
import { NO_BYTES, type WireError } from "./instruction.js";

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
    notDispatched: false,
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
      case 64:
        error.notDispatched = r.bool("not_dispatched");
        break;
      default:
        r.skip(tag);
    }
  }
  r.leave(outer);
  return error;
}
