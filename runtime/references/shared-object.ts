/** How an object of ours gets into a message: entered among what the peer holds, with what travels inside the reference. */
import { CallError, LimitError } from "../base/errors.js";
import type { WireReference } from "../messages/instruction.js";
import type { ExportTable } from "./export-table.js";
import { linkOf } from "./link-of.js";
import type { OutgoingScope } from "./outgoing-scope.js";
import type { ReferenceContext } from "./reference-context.js";
import type { ServiceDescriptor } from "./service.js";
import { encodeSnapshot } from "./snapshots.js";

/** @throws {CallError | LimitError} where it cannot be shared, or does not fit: then the message is not sent. */
export function shareObject(
  { limits }: ReferenceContext,
  exports: ExportTable,
  scope: OutgoingScope,
  service: ServiceDescriptor,
  object: object,
): WireReference {
  // The promise of a remote object has its members, and forwards; any other promise has none.
  if (linkOf(object) === undefined && typeof (object as { then?: unknown }).then === "function")
    throw new CallError("INVALID_ARGUMENT", `a promise where a ${service.fullName} is expected; await it first`);
  const entry = exports.share(service, object);
  scope.shared.push(entry);
  const reference = { kind: "export", id: entry.id, interfaceId: service.interfaceId } as const;
  const snapshot = encodeSnapshot(service, object, limits);
  if (snapshot === undefined) return reference;
  scope.snapshotBytes += snapshot.length;
  if (scope.snapshotBytes <= limits.maxSnapshotBytes) return { ...reference, snapshot };
  throw new LimitError(
    "message-too-large",
    `snapshots of ${scope.snapshotBytes} bytes in the references of one message, and the limit is ${limits.maxSnapshotBytes} (limits.maxSnapshotBytes); make what is large a readonly Promise`,
  );
}
