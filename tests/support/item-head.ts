/** What stands in front of a value in a payload record, as bytes of their own. */
import { RECORD_HEAD_BYTES, writeItemHead } from "../../runtime/messages/payload-record.js";

export function itemHead(valueBytes: number, payloadId: number, hasReferences: boolean): Uint8Array {
  const target = new Uint8Array(RECORD_HEAD_BYTES);
  return target.subarray(0, writeItemHead(target, valueBytes, payloadId, hasReferences));
}
