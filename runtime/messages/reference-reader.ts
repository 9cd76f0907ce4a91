/** What a message refers to, from its bytes. Source: schema/peerwire/v1/reference.proto. */
import type { ProtobufReader } from "../protobuf/reader.js";
import type { WireReference } from "./instruction.js";

export function readReference(r: ProtobufReader): WireReference {
  r.element("references");
  const outer = r.enter("references");
  let reference: WireReference = { kind: "none" };
  let interfaceId = 0;
  let snapshot: Uint8Array | undefined;
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
      case 58:
        snapshot = r.bytes("snapshot");
        break;
      default:
        r.skip(tag); // `none` too: it is what is left
    }
  }
  r.leave(outer);
  if (reference.kind !== "export") return reference;
  return { ...reference, interfaceId, ...(snapshot !== undefined && { snapshot }) };
}

/** The result of a call that may not be known yet, and what is meant inside it. */
export function readPromised(r: ProtobufReader): { callId: number; path: number[] } {
  const outer = r.enter("promised");
  let callId = 0;
  let path: number[] = [];
  while (r.more()) {
    const tag = r.tag();
    if (tag === 8) callId = r.uint32("call_id");
    else if (tag === 18 || tag === 16) path = r.packed(tag, path, "path", "uint32");
    else r.skip(tag);
  }
  r.leave(outer);
  return { callId, path };
}
