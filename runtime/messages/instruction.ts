/**
 * Instructions as plain objects, field by field what schema/peerwire/v1/{instruction,call,reference,error}.proto say.
 * Their bytes: instruction-writer.ts, instruction-reader.ts. Knows no call and no object.
 */
import type { HelloMessage } from "./hello.js";

export type WireReference =
  | { readonly kind: "export"; readonly id: number; readonly interfaceId: number; readonly snapshot?: Uint8Array }
  | { readonly kind: "import"; readonly id: number }
  | { readonly kind: "promised"; readonly callId: number; readonly path: readonly number[] }
  | { readonly kind: "payload"; readonly id: number }
  | { readonly kind: "none" };

export type WireTarget =
  { readonly importId: number } | { readonly promised: { readonly callId: number; readonly path: readonly number[] } };

/** CallKind, by its number in the schema. */
export const CallKind = { call: 1, get: 2, set: 3, construct: 4, map: 5 } as const;
export type CallKind = (typeof CallKind)[keyof typeof CallKind];

export interface WireCall {
  readonly kind: "call";
  /** 0: one-way. */
  callId: number;
  target: WireTarget;
  member: number;
  callKind: number;
  interfaceId: number;
  /** Empty where there are none, or where `argumentsPayloadId` says where they are. */
  arguments: Uint8Array;
  argumentsPayloadId: number;
  references: readonly WireReference[];
  keepsResult: boolean;
  timeoutMs: number;
  depth: number;
  metadata: Readonly<Record<string, string>> | undefined;
}

export interface WireReturn {
  readonly kind: "return";
  callId: number;
  result: Uint8Array;
  resultPayloadId: number;
  references: readonly WireReference[];
}

export interface WireError {
  code: number;
  message: string;
  name: string;
  declaredType: string;
  declaredFields: Uint8Array;
  cause: WireError | undefined;
  stack: string;
  /** Refused before anything of the call ran. */
  notDispatched: boolean;
}

/** Of a message that has none, or was given away. */
export const NO_BYTES: Uint8Array = new Uint8Array();

export type Instruction =
  | { readonly kind: "hello"; hello: HelloMessage }
  | WireCall
  | WireReturn
  | { readonly kind: "throw"; callId: number; error: WireError }
  | { readonly kind: "cancel"; callId: number }
  | { readonly kind: "finish"; callId: number }
  | { readonly kind: "release"; references: readonly { importId: number; count: number }[] }
  | { readonly kind: "itemReferences"; payloadId: number; references: readonly WireReference[] }
  | { readonly kind: "drain"; graceMs: number }
  | { readonly kind: "itemCredit"; payloadId: number; references: number }
  | { readonly kind: "goodbye"; error: WireError };
