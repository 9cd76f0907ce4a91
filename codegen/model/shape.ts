/**
 * What a value is, of each kind that can cross: the rows of the table in docs/codegen.md. Plain data. What a shape is on
 * the wire is in lowering.ts, where it stands and whether it may be absent in its place (api-model.ts, Field).
 */
import type { TypeText } from "./type-text.js";

export type Scalar =
  | "string"
  | "bytes"
  | "bool"
  | "double"
  | "float"
  | "bigint"
  | "int32"
  | "uint32"
  | "sint32"
  | "fixed32"
  | "sfixed32"
  | "int53"
  | "int64"
  | "uint64"
  | "sint64"
  | "fixed64"
  | "sfixed64";

export type TypedArrayName =
  | "Int16Array"
  | "Uint16Array"
  | "Int32Array"
  | "Uint32Array"
  | "Float32Array"
  | "Float64Array"
  | "BigInt64Array"
  | "BigUint64Array";

export type BufferName = "ArrayBuffer" | "DataView" | "Int8Array" | "Uint8ClampedArray" | "Buffer";

/** What a value is, without `undefined` and `null`: those belong to the place that holds it (Field). */
export type Shape =
  | {
      readonly kind: "scalar";
      readonly scalar: Scalar;
      readonly type: TypeText;
      /** Narrower than the scalar. */ readonly cast: boolean;
      /** Source of the regular expression that its strings match: of a template literal type. */
      readonly template?: string;
      /** The bits that it may have: of an enum tagged `@flags`. */
      readonly mask?: number;
    }
  /** Objects of the library that cross as themselves. */
  | { readonly kind: "date" | "url" | "regexp" | "error"; readonly type: TypeText }
  /** Numbers in a packed list. */
  | { readonly kind: "typedArray"; readonly array: TypedArrayName; readonly type: TypeText }
  /** Bytes under another name than Uint8Array. */
  | { readonly kind: "buffer"; readonly buffer: BufferName; readonly type: TypeText }
  /** Anything that can cross: `unknown`; or, where `object` was written, anything of that but primitives and null. */
  | { readonly kind: "value"; readonly only: "object" | undefined; readonly type: TypeText }
  /** One value only: nothing crosses. `literal` is its source text, such as `"opened"`. */
  | { readonly kind: "constant"; readonly literal: TypeText; readonly type: TypeText }
  | { readonly kind: "enum"; readonly name: string; readonly type: TypeText }
  | { readonly kind: "message"; readonly name: string; readonly type: TypeText }
  | { readonly kind: "list"; readonly element: Shape; readonly type: TypeText }
  | { readonly kind: "set"; readonly element: Shape; readonly type: TypeText }
  /** `entry` names the entry message where protobuf's own map cannot have such a key. */
  | {
      readonly kind: "map";
      readonly key: Shape;
      readonly value: Shape;
      readonly entry?: string;
      readonly type: TypeText;
    }
  | { readonly kind: "record"; readonly key: "string" | "number"; readonly value: Shape; readonly type: TypeText }
  | { readonly kind: "remote"; readonly service: string; readonly type: TypeText }
  | { readonly kind: "function"; readonly service: string; readonly type: TypeText }
  /** `items` names the box message of one item. */
  | { readonly kind: "stream"; readonly items: string; readonly type: TypeText }
  | { readonly kind: "byteStream"; readonly type: TypeText }
  /** A problem has been reported; nothing is emitted. */
  | { readonly kind: "refused"; readonly type: TypeText };
