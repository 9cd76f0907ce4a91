/**
 * What a shape is in protobuf: the type, the label, the companions, the tag. Pure; the one place that knows the table
 * in docs/codegen.md, used by the .proto, by the codecs and by the comparison with the committed numbers.
 */
import { type ApiModel, type Field, type MemberModel, fieldsOf } from "./api-model.js";
import type { Scalar, Shape, TypedArrayName } from "./shape.js";
import { plainText } from "./type-text.js";
import { indexOf } from "./model-index.js";

export type WireType = 0 | 1 | 2 | 5;

const WIRE_TYPES: Record<Scalar, WireType> = {
  string: 2,
  bytes: 2,
  bigint: 2,
  bool: 0,
  double: 1,
  float: 5,
  int32: 0,
  uint32: 0,
  sint32: 0,
  fixed32: 5,
  sfixed32: 5,
  int53: 0,
  int64: 0,
  uint64: 0,
  sint64: 0,
  fixed64: 1,
  sfixed64: 1,
};

const MAP_KEYS = new Set<Scalar>([
  "string",
  "bool",
  "int32",
  "uint32",
  "sint32",
  "fixed32",
  "sfixed32",
  "int53",
  "int64",
  "uint64",
  "sint64",
  "fixed64",
  "sfixed64",
]);

const ARRAY_ELEMENTS: Record<TypedArrayName, Scalar> = {
  Int16Array: "sint32",
  Uint16Array: "uint32",
  Int32Array: "sfixed32",
  Uint32Array: "fixed32",
  Float32Array: "float",
  Float64Array: "double",
  BigInt64Array: "sfixed64",
  BigUint64Array: "fixed64",
};

const REPEATED = ["list", "set", "map", "record", "typedArray"] as const;

export type Repeated = Extract<Shape, { kind: (typeof REPEATED)[number] }>;

export function isRepeated(shape: Shape): shape is Repeated {
  return (REPEATED as readonly string[]).includes(shape.kind);
}

/** Whether protobuf's own `map` can have this key. */
export function isMapKey(shape: Shape): boolean {
  return shape.kind === "scalar" && MAP_KEYS.has(shape.scalar);
}

/** Whether anything of the field is on the wire: a constant is not. */
export function crosses(field: Field): boolean {
  return field.shape.kind !== "constant";
}

/** Whether absence is told from every value: what may be absent, and what some peers do not know to be required. */
export function showsAbsence(field: Field): boolean {
  return field.absent || field.late === true;
}

export function hasNullCompanion(field: Field): boolean {
  return crosses(field) && showsAbsence(field) && field.nullable;
}

export function hasEmptyCompanion(field: Field): boolean {
  return isRepeated(field.shape) && (showsAbsence(field) || field.nullable);
}

/** Whether one value of the shape is what its absence means, where it must be there: "", 0, false, no bytes. */
export function hasZero(shape: Shape): boolean {
  if (shape.kind === "scalar") return shape.scalar !== "string" || hasEmptyString(shape);
  return shape.kind === "buffer" || (shape.kind === "value" && !shape.only);
}

/** Whether "" is a value of a string shape, so that its absence can mean it. */
export function hasEmptyString(shape: Shape): boolean {
  if (shape.kind !== "scalar" || shape.scalar !== "string") return false;
  return shape.template === undefined || new RegExp(shape.template, "u").test("");
}

/** The scalars that a list holds packed; undefined for everything that has a tag of its own for each element. */
export function packedType(shape: Shape): Exclude<Scalar, "string" | "bytes" | "bigint"> | "enum" | undefined {
  if (shape.kind === "enum") return "enum";
  if (shape.kind !== "scalar") return undefined;
  const { scalar } = shape;
  return scalar === "string" || scalar === "bytes" || scalar === "bigint" ? undefined : scalar;
}

/** The wire type of one value of the shape; of a repeated shape: of one element. */
export function wireType(shape: Shape): WireType {
  if (shape.kind === "scalar") return WIRE_TYPES[shape.scalar];
  if (shape.kind === "typedArray") return WIRE_TYPES[ARRAY_ELEMENTS[shape.array]];
  return shape.kind === "enum" ? 0 : 2;
}

export function tagOf(number: number, wire: WireType): number {
  return number * 8 + wire;
}

/** The protobuf type of one value. */
export function protoType(shape: Shape): string {
  switch (shape.kind) {
    case "scalar":
      return shape.scalar === "int53" ? "int64" : shape.scalar === "bigint" ? "bytes" : shape.scalar;
    case "date":
      return "google.protobuf.Timestamp";
    case "url":
      return "string";
    case "regexp":
      return "peerwire.v1.RegExp";
    case "error":
      return "peerwire.v1.ErrorValue";
    case "value":
      return "peerwire.v1.Value";
    case "buffer":
      return "bytes";
    case "typedArray":
      return ARRAY_ELEMENTS[shape.array];
    case "enum":
    case "message":
      return shape.name;
    case "remote":
      return "peerwire.v1.ObjectRef";
    case "function":
      return "peerwire.v1.FunctionRef";
    case "stream":
    case "byteStream":
      return "peerwire.v1.StreamRef";
    case "list":
    case "set":
      return protoType(shape.element);
    case "map":
      return shape.entry ?? `map<${protoType(shape.key)}, ${protoType(shape.value)}>`;
    case "record":
      return `map<${shape.key === "string" ? "string" : "int64"}, ${protoType(shape.value)}>`;
    case "constant":
    case "refused":
      return "";
  }
}

/** "repeated", "optional" or "". Messages have presence of their own. */
export function protoLabel(field: Field): "repeated" | "optional" | "" {
  const { shape } = field;
  if (isRepeated(shape)) return shape.kind === "record" || (shape.kind === "map" && !shape.entry) ? "" : "repeated";
  const scalar = ["scalar", "enum", "url", "buffer"].includes(shape.kind);
  return scalar && (showsAbsence(field) || field.nullable) ? "optional" : "";
}

/** What the option `target` of a field says; undefined where it has none. */
export function targetOf(shape: Shape, packageName: string): string | undefined {
  switch (shape.kind) {
    case "remote":
    case "function":
      return `${packageName}.${shape.service}`;
    case "stream":
      return `${packageName}.${shape.items}`;
    case "list":
    case "set":
      return targetOf(shape.element, packageName);
    default:
      return undefined;
  }
}

/** The wire type in words, for reflection and fingerprints: "string", "LoginOptions?", "repeated double". */
export function describeField(field: Field, packageName: string): string {
  return describeShape(field.shape, packageName) + (field.absent ? "?" : "") + (field.nullable ? "|null" : "");
}

export function describeShape(shape: Shape, packageName: string): string {
  switch (shape.kind) {
    case "scalar":
      return shape.mask === undefined ? shape.scalar : `flags 0x${shape.mask.toString(16)}`;
    case "date":
      return "timestamp";
    case "url":
    case "regexp":
    case "error":
      return shape.kind;
    case "value":
      return shape.only ?? "value";
    case "typedArray":
      return shape.array;
    case "buffer":
      return shape.buffer === "Buffer" ? "bytes" : shape.buffer;
    case "constant":
      return plainText(shape.literal);
    case "enum":
      return `enum ${shape.name}`;
    case "message":
      return shape.name;
    case "list":
      return `repeated ${describeShape(shape.element, packageName)}`;
    case "set":
      return `set ${describeShape(shape.element, packageName)}`;
    case "map":
      return `map<${describeShape(shape.key, packageName)}, ${describeShape(shape.value, packageName)}>`;
    case "record":
      return `record<${shape.key}, ${describeShape(shape.value, packageName)}>`;
    case "remote":
    case "function":
      return `${packageName}.${shape.service}`;
    case "stream":
      return `stream ${shape.items}`;
    case "byteStream":
      return "stream bytes";
    case "refused":
      return "";
  }
}

/** What the response message of a member holds: its value, or one item of its stream. */
export function responseFields(model: ApiModel, { result, style }: MemberModel): readonly Field[] {
  if (!result || style === "byteStream") return [];
  if (style === "value" || result.shape.kind !== "stream") return [result];
  const { items } = result.shape;
  const box = indexOf(model).messages.get(items);
  return box ? fieldsOf(box) : [];
}

/** The boxes that are the responses of streaming members, and stand in the schema as such. */
export function streamedItems(model: ApiModel): ReadonlySet<string> {
  const members = model.services
    .flatMap((one) => one.members)
    .filter((one) => one.style === "stream" || one.style === "generator");
  return new Set(members.flatMap(({ result }) => (result?.shape.kind === "stream" ? [result.shape.items] : [])));
}
