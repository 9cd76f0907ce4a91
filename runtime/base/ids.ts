/**
 * Branded ids. All are named from the sender's side: what leaves here as our ExportId arrives there as an ImportId,
 * and back. The two functions below are the only place where that flip happens.
 */
declare const brand: unique symbol;
type Id<Name extends string> = number & { readonly [brand]: Name };

/** A yamux stream: 1 to 2^32-3; odd where the yamux client opened it, even where the server did. */
export type StreamId = Id<"StreamId">;
/** A call, numbered by its caller from 1, never reused in a session. */
export type CallId = Id<"CallId">;
/** An object that we share; numbered by us, never reused in a session. 0 is the reflection root. */
export type ExportId = Id<"ExportId">;
/** An object that the peer shares with us: its ExportId, seen from here. */
export type ImportId = Id<"ImportId">;
/** Bytes beside the instruction stream: numbered by the side that sends them, never reused in a session. */
export type PayloadId = Id<"PayloadId">;

/** The peer's `import_id` names one of our exports. */
export function exportIdFromWire(peerImportId: number): ExportId {
  return peerImportId as ExportId;
}
/** The peer's `export_id` names one of our imports. */
export function importIdFromWire(peerExportId: number): ImportId {
  return peerExportId as ImportId;
}
