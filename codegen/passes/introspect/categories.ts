/** The kinds of value that `typeof` and its kin tell apart at run time, and what each is called in schemas and in TypeScript. */
import { ts } from "ts-morph";
import type { Category } from "../../model/api-model.js";
import type { Context } from "./context.js";
import { arrayElement } from "./nodes.js";

/** What `typeof` and its kin can tell at run time. */
export function categoryOf(context: Context, type: ts.Type): Category {
  const flags = type.flags;
  const primitive = flags & ts.TypeFlags.Intersection ? (type as ts.IntersectionType).types : [type];
  for (const one of primitive) {
    if (one.flags & ts.TypeFlags.StringLike) return "string";
    if (one.flags & ts.TypeFlags.NumberLike) return "number";
    if (one.flags & ts.TypeFlags.BigIntLike) return "bigint";
    if (one.flags & ts.TypeFlags.BooleanLike) return "boolean";
  }
  const symbol = type.symbol as ts.Symbol | undefined;
  if (context.checker.isTupleType(type) || arrayElement(type, context.checker)) return "array";
  if (symbol && context.names.isLibrary(symbol)) {
    const category = LIBRARY_CATEGORIES.get(symbol.name);
    if (category !== undefined) return category;
  }
  return type.getCallSignatures().length > 0 ? "function" : "object";
}

const MEMORY = [
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
  "ArrayBuffer",
  "DataView",
  "Int8Array",
  "Uint8ClampedArray",
] as const satisfies readonly Category[];

/** Of a Buffer, the category is that of Uint8Array: it is one. */
const LIBRARY_CATEGORIES: ReadonlyMap<string, Category> = new Map<string, Category>([
  ["Date", "date"],
  ["Uint8Array", "bytes"],
  ["Buffer", "bytes"],
  ["Map", "map"],
  ["ReadonlyMap", "map"],
  ["Set", "set"],
  ["ReadonlySet", "set"],
  ["URL", "url"],
  ["RegExp", "regexp"],
  ["Error", "error"],
  ...MEMORY.map((name): [string, Category] => [name, name]),
]);

/** Whether values of this class of the library cross as what they are. */
export function isCarried(className: string): boolean {
  return LIBRARY_CATEGORIES.has(className) || className === "Array" || className === "ReadonlyArray";
}

export const CASE_NAMES: Record<Category, string> = {
  string: "string_value",
  number: "number_value",
  bigint: "bigint_value",
  boolean: "bool_value",
  date: "date_value",
  bytes: "bytes_value",
  url: "url_value",
  regexp: "regexp_value",
  error: "error_value",
  array: "array_value",
  set: "set_value",
  map: "map_value",
  object: "object_value",
  function: "function_value",
  Int16Array: "int16_array_value",
  Uint16Array: "uint16_array_value",
  Int32Array: "int32_array_value",
  Uint32Array: "uint32_array_value",
  Float32Array: "float32_array_value",
  Float64Array: "float64_array_value",
  BigInt64Array: "big_int64_array_value",
  BigUint64Array: "big_uint64_array_value",
  ArrayBuffer: "array_buffer_value",
  DataView: "data_view_value",
  Int8Array: "int8_array_value",
  Uint8ClampedArray: "uint8_clamped_array_value",
};

const EXTRACTS: Record<Exclude<Category, (typeof MEMORY)[number]>, string> = {
  string: "string",
  number: "number",
  bigint: "bigint",
  boolean: "boolean",
  date: "Date",
  bytes: "Uint8Array",
  url: "URL",
  regexp: "RegExp",
  error: "Error",
  array: "readonly unknown[]",
  set: "ReadonlySet<unknown>",
  map: "ReadonlyMap<unknown, unknown>",
  object: "object",
  function: "(...args: never[]) => unknown",
};

/** The TypeScript type of all values of a category. */
export function extractOf(category: Category): string {
  return Object.hasOwn(EXTRACTS, category) ? EXTRACTS[category as keyof typeof EXTRACTS] : category;
}

/** What TypeScript does not call an object. */
export const PRIMITIVES: ReadonlySet<Category> = new Set(["string", "number", "bigint", "boolean"]);
