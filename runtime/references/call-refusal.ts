/** What a call may ask for, before anything is spent on it: metadata, depth, references. */
import { CallError } from "../base/errors.js";
import type { Limits } from "../base/limits.js";
import type { WireCall } from "../messages/instruction.js";
import { utf8Length } from "../protobuf/utf8.js";

/** Why a call may not run, whatever its target. */
export function callRefusal({ depth, metadata, references }: WireCall, limits: Limits): CallError | undefined {
  if (depth > limits.maxCallDepth) {
    return new CallError(
      "RESOURCE_EXHAUSTED",
      `calls nested ${depth} deep, and the limit is ${limits.maxCallDepth} (limits.maxCallDepth)`,
    );
  }
  if (references.length > limits.maxReferencesPerMessage) {
    return new CallError(
      "RESOURCE_EXHAUSTED",
      `${references.length} references in one message, and the limit is ${limits.maxReferencesPerMessage} (limits.maxReferencesPerMessage)`,
    );
  }
  if (metadata === undefined) return undefined;
  const entries = Object.entries(metadata);
  const bytes = entries.reduce((sum, [key, value]) => sum + utf8Length(key) + utf8Length(value), 0);
  if (entries.length > limits.maxMetadataEntries || bytes > limits.maxMetadataBytes) {
    return new CallError(
      "RESOURCE_EXHAUSTED",
      `metadata of ${entries.length} entries and ${bytes} bytes; the limits are ${limits.maxMetadataEntries} and ${limits.maxMetadataBytes} (limits.maxMetadataEntries, limits.maxMetadataBytes)`,
    );
  }
  return undefined;
}
