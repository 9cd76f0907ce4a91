/** What the standard library declares: what of it crosses, and what to write instead of the rest. */
import { ts } from "ts-morph";
import type { Shape } from "../../model/shape.js";
import { type TypeText, text } from "../../model/type-text.js";
import type { Context } from "./context.js";
import type { Place } from "./place.js";
import { elementOf, mapShape, streamShape } from "./fields.js";

export function libraryShape(
  context: Context,
  type: ts.Type,
  symbol: ts.Symbol,
  place: Place,
  written: TypeText,
): Shape {
  const inner = (suffix: string, path: TypeText): Place => ({
    ...place,
    path,
    name: place.name + suffix,
    depth: place.depth + 1,
  });
  const args = context.checker.getTypeArguments(type as ts.TypeReference);
  switch (symbol.name) {
    case "Date":
      return { kind: "date", type: written };
    case "Uint8Array":
      if (isShared(args)) return refuseShared(context, place);
      return { kind: "scalar", scalar: "bytes", type: memoryType(symbol.name, args), cast: false };
    case "URL":
      return { kind: "url", type: ["URL"] };
    case "RegExp":
      return { kind: "regexp", type: ["RegExp"] };
    case "Error":
      return { kind: "error", type: ["Error"] };
    case "ArrayBuffer":
    case "Buffer":
      return { kind: "buffer", buffer: symbol.name, type: [symbol.name] };
    case "DataView":
    case "Int8Array":
    case "Uint8ClampedArray":
      if (isShared(args)) return refuseShared(context, place);
      return { kind: "buffer", buffer: symbol.name, type: memoryType(symbol.name, args) };
    case "Int16Array":
    case "Uint16Array":
    case "Int32Array":
    case "Uint32Array":
    case "Float32Array":
    case "Float64Array":
    case "BigInt64Array":
    case "BigUint64Array":
      if (isShared(args)) return refuseShared(context, place);
      return { kind: "typedArray", array: symbol.name, type: memoryType(symbol.name, args) };
    case "Set":
    case "ReadonlySet": {
      const element = elementOf(context, args[0]!, inner("Item", text("ItemOf<", place.path, ">")));
      return element.kind === "refused" ? element : { kind: "set", element, type: written };
    }
    case "Map":
    case "ReadonlyMap": {
      const key = elementOf(context, args[0]!, inner("Key", text("KeyOf<", place.path, ">")));
      const value = elementOf(context, args[1]!, inner("Value", text("ValueOf<", place.path, ">")));
      if (key.kind === "refused" || value.kind === "refused") return { kind: "refused", type: written };
      return mapShape(context, key, value, written, place);
    }
    case "AsyncIterable": {
      const item = inner("Item", text("ItemOf<", place.path, ">"));
      return streamShape(context, args[0]!, item, written);
    }
    case "ReadableStream":
      if (args[0]?.getSymbol()?.name === "Uint8Array") return { kind: "byteStream", type: written };
      return context.refuse(
        place,
        "PW1306",
        "a ReadableStream of something other than Uint8Array",
        "write AsyncIterable<T>",
      );
    case "AsyncGenerator":
    case "AsyncIterableIterator":
    case "AsyncIterator":
      return context.refuse(
        place,
        "PW1318",
        `${symbol.name} here would carry only its items`,
        "write AsyncIterable<T>",
      );
    case "Promise":
    case "PromiseLike":
      return context.refuse(
        place,
        "PW1309",
        "a Promise inside data",
        "await it first and write the type of its value, or write a method of a @remote interface",
      );
    case "AbortSignal":
      return context.refuse(
        place,
        "PW1317",
        "an AbortSignal that is not a parameter of its own",
        "make it a parameter of the method: it is then wired to cancel the call",
      );
    case "Number":
    case "String":
    case "Boolean":
    case "BigInt":
    case "Symbol":
    case "Object":
    case "Function":
      return context.refuse(place, "PW1305", `the wrapper type ${symbol.name}`, wrapperHint(symbol.name));
    default:
      return context.refuse(
        place,
        "PW1306",
        `${symbol.name} cannot cross`,
        LIBRARY_HINTS[symbol.name] ?? "write an interface with what is needed of it, or a @remote interface",
      );
  }
}

/** `Uint8Array`, or `Uint8Array<ArrayBuffer>` where the author was that precise. */
function memoryType(name: string, args: readonly ts.Type[]): TypeText {
  return memoryOf(args) === "ArrayBuffer" ? [`${name}<ArrayBuffer>`] : [name];
}

function isShared(args: readonly ts.Type[]): boolean {
  return memoryOf(args) === "SharedArrayBuffer";
}

/** What a typed array's type argument says about its memory. */
function memoryOf([argument]: readonly ts.Type[]): string | undefined {
  return argument?.getSymbol()?.name;
}

function refuseShared(context: Context, place: Place): Shape {
  return context.refuse(
    place,
    "PW1306",
    "shared memory cannot cross",
    "leave out SharedArrayBuffer: what crosses is a copy",
  );
}

const LIBRARY_HINTS: Readonly<Record<string, string>> = {
  ArrayBufferView: "write Uint8Array",
  ArrayLike: "write T[]",
  Float16Array: "write Float32Array: it holds the same numbers",
  Generator: "write T[], or AsyncIterable<T> where they come one by one",
  Iterable: "write T[], or AsyncIterable<T> where they come one by one",
  IterableIterator: "write T[], or AsyncIterable<T> where they come one by one",
  Iterator: "write T[], or AsyncIterable<T> where they come one by one",
  SharedArrayBuffer: "write ArrayBuffer: what crosses is a copy",
  AggregateError: "write Error: it arrives with its name and its properties",
  EvalError: "write Error: it arrives as what it is",
  RangeError: "write Error: it arrives as what it is",
  ReferenceError: "write Error: it arrives as what it is",
  SyntaxError: "write Error: it arrives as what it is",
  TypeError: "write Error: it arrives as what it is",
  URIError: "write Error: it arrives as what it is",
  URLSearchParams: "write string, and send params.toString(); or Record<string, string>",
  Headers: "write Record<string, string>",
  FormData: "write an interface with its fields",
  WeakMap: "write Map: what crosses is held by both sides",
  WeakSet: "write Set: what crosses is held by both sides",
  Blob: "write Uint8Array, or ReadableStream<Uint8Array> where it is large",
};

function wrapperHint(name: string): string {
  if (name === "Object") return "write an interface, or Record<string, T>";
  if (name === "Function") return "write what it takes and gives: (text: string) => Promise<number>";
  if (name === "Symbol") return "write a literal union of strings: a symbol means nothing in another process";
  return `write ${name.toLowerCase()}`;
}

/**
 * An interface of the language or of Node's types that has no methods is data like any other: `PromiseFulfilledResult`,
 * `CpuInfo`. Not those of the DOM, where a property may be its class's.
 */
export function isPlainInterface({ checker }: Context, type: ts.Type, symbol: ts.Symbol): boolean {
  const declaration = symbol.declarations?.[0];
  if (!declaration || !ts.isInterfaceDeclaration(declaration)) return false;
  const { fileName } = declaration.getSourceFile();
  const properties = checker.getPropertiesOfType(type);
  const isData = properties.length > 0 && properties.every(({ flags }) => (flags & ts.SymbolFlags.Property) !== 0);
  if (!isData || /\/node_modules\/@types\/node\//.test(fileName)) return isData;
  // Error and its kin are classes too, and what has an index is a list.
  const isOther = symbol.name === "Error" || declaration.heritageClauses || Object.hasOwn(LIBRARY_HINTS, symbol.name);
  return /\/lib\.es[^/]*\.d\.ts$/.test(fileName) && !isOther && checker.getIndexInfosOfType(type).length === 0;
}
