/** What a message refers to, as it crosses. Written by hand, for calls have them. Source: schema/peerwire/v1/reference.proto. */
import {
  type FieldReader,
  type FieldType,
  type ReadTable,
  bytes,
  fixed32,
  optional,
  readNested,
  uint32,
} from "../protobuf/field-table.js";
import type { WireReference } from "./instruction.js";

/** The result of a call that may not be known yet, and what is meant inside it. */
interface Promised {
  readonly callId: number;
  readonly path: readonly number[];
}

const PROMISED: ReadTable<Promised> = [
  [8, "callId", uint32],
  [16, "path", numbers(16)],
  [18, "path", numbers(18)],
];

/** Packed or not: other implementations may write either. */
function numbers(tag: number): FieldReader<readonly number[]> {
  return { none: () => [], read: (r, name, before) => r.packed(tag, before as number[], name, "uint32") };
}

export const promised: FieldType<Promised> = {
  read: (r, name) => readNested(r, PROMISED, name),
  write(w, tag, { callId, path }) {
    const at = w.beginPart(tag);
    if (callId !== 0) w.uint32(8, callId, "callId");
    if (path.length > 0) w.packed(18, path, "path", "uint32");
    w.endPart(at);
  },
};

/** Of the first four, one. `none` is what is left. */
const REFERENCE: ReadTable<{
  readonly exportId: number | undefined;
  readonly importId: number | undefined;
  readonly promised: Promised | undefined;
  readonly payloadId: number | undefined;
  readonly interfaceId: number;
  readonly snapshot: Uint8Array | undefined;
}> = [
  [8, "exportId", optional(uint32)],
  [16, "importId", optional(uint32)],
  [26, "promised", optional(promised)],
  [32, "payloadId", optional(uint32)],
  [45, "interfaceId", fixed32],
  [58, "snapshot", optional(bytes)],
];

export const reference: FieldType<WireReference> = {
  read(r, name) {
    const found = readNested(r, REFERENCE, name);
    const { exportId, importId, payloadId, interfaceId, snapshot } = found;
    if (exportId !== undefined)
      return { kind: "export", id: exportId, interfaceId, ...(snapshot !== undefined && { snapshot }) };
    if (importId !== undefined) return { kind: "import", id: importId };
    if (found.promised !== undefined) return { kind: "promised", ...found.promised };
    return payloadId === undefined ? { kind: "none" } : { kind: "payload", id: payloadId };
  },
  write(w, tag, one) {
    const at = w.beginPart(tag);
    switch (one.kind) {
      case "export":
        w.uint32(8, one.id, "exportId");
        if (one.interfaceId !== 0) w.fixed32(45, one.interfaceId, "interfaceId");
        if (one.snapshot !== undefined && one.snapshot.length > 0) w.bytes(58, one.snapshot, "snapshot");
        break;
      case "import":
        w.uint32(16, one.id, "importId");
        break;
      case "promised":
        promised.write(w, 26, one, "promised");
        break;
      case "payload":
        w.uint32(32, one.id, "payloadId");
        break;
      case "none":
        w.bool(48, true, "none");
    }
    w.endPart(at);
  },
};
