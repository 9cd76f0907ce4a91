/** What a call may ask for, before anything is spent on it: metadata, depth, references. */
import { CallError } from "../base/errors.js";
import type { Limits } from "../base/limits.js";
import type { WireCall } from "../messages/instruction.js";
import { excessMetadata } from "./call-plan.js";

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
  const excess = metadata && excessMetadata(metadata, limits);
  return excess === undefined ? undefined : new CallError("RESOURCE_EXHAUSTED", excess);
}
