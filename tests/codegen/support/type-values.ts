/**
 * Values of a TypeScript type, at random, as the compiler sees it: it knows nothing of what the generator made of the
 * type, so that neither can be wrong for the other.
 */
import fc from "fast-check";
import ts from "typescript";
import { ANYTHING, FUNCTION, INTEGERS, Reference, errors } from "./arbitrary.js";

const LAZY_FROM = 2;
const ENDS_AT = 5;

export class TypeValues {
  readonly #checker: ts.TypeChecker;
  readonly #enums: ReadonlyMap<string, Record<string, unknown>>;

  /** @param enums the TypeScript enums of the sources, by name: the compiler does not know what a program computes. */
  constructor(checker: ts.TypeChecker, enums: ReadonlyMap<string, Record<string, unknown>>) {
    this.#checker = checker;
    this.#enums = enums;
  }

  /** The arguments of a method; a signal is undefined, and so is an optional one that is left out. */
  arguments(signature: ts.Signature): fc.Arbitrary<unknown[]> {
    const checker = this.#checker;
    const parts = signature.parameters.map((symbol): fc.Arbitrary<unknown[]> => {
      const declaration = symbol.valueDeclaration as ts.ParameterDeclaration;
      const type = checker.getTypeOfSymbolAtLocation(symbol, declaration);
      if (!declaration.dotDotDotToken) {
        const value = this.of(type);
        return declaration.questionToken
          ? fc.option(value, { nil: undefined }).map((one) => [one])
          : value.map((one) => [one]);
      }
      if (!checker.isTupleType(type)) return this.of(type) as fc.Arbitrary<unknown[]>;
      const { elementFlags } = (type as ts.TupleTypeReference).target;
      const elements = checker.getTypeArguments(type as ts.TypeReference).map((element, i): fc.Arbitrary<unknown[]> => {
        const value = this.of(element);
        if (elementFlags[i]! & ts.ElementFlags.Variable) return fc.array(value, { maxLength: 3 });
        return (elementFlags[i]! & ts.ElementFlags.Optional ? fc.option(value, { nil: undefined }) : value).map(
          (one) => [one],
        );
      });
      return fc.tuple(...elements).map((all) => all.flat(1));
    });
    return fc.tuple(...parts).map((all) => all.flat(1));
  }

  of(type: ts.Type, depth = 0): fc.Arbitrary<unknown> {
    const { flags } = type;
    if (flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return ANYTHING;
    if (flags & ts.TypeFlags.NonPrimitive)
      return fc.oneof(fc.object(), fc.array(ANYTHING), fc.date({ noInvalidDate: true }));
    if (flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Void)) return fc.constant(undefined);
    if (flags & ts.TypeFlags.Null) return fc.constant(null);
    if (flags & (ts.TypeFlags.StringLiteral | ts.TypeFlags.NumberLiteral))
      return fc.constant((type as ts.LiteralType).value);
    if (flags & ts.TypeFlags.BigIntLiteral) {
      const { negative, base10Value } = (type as ts.BigIntLiteralType).value;
      return fc.constant(BigInt(base10Value) * (negative ? -1n : 1n));
    }
    if (flags & ts.TypeFlags.BooleanLiteral) return fc.constant(this.#checker.typeToString(type) === "true");
    if (flags & ts.TypeFlags.Enum) {
      const { name, parent } = type.symbol as ts.Symbol & { readonly parent: ts.Symbol };
      return fc.constant(this.#enums.get(parent.name)![name]);
    }
    if (flags & ts.TypeFlags.Boolean) return fc.boolean();
    if (flags & ts.TypeFlags.String) return fc.string({ unit: "grapheme" });
    if (flags & ts.TypeFlags.Number) return fc.double();
    if (flags & ts.TypeFlags.BigInt) return fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n);
    if (flags & ts.TypeFlags.TemplateLiteral) return this.#template(type as ts.TemplateLiteralType);
    if (flags & ts.TypeFlags.StringMapping) return this.#mapping(type as ts.StringMappingType);
    if (flags & ts.TypeFlags.Union) return this.#union(type as ts.UnionType, depth);
    const lazy = (make: () => fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
      depth < LAZY_FROM ? make() : fc.constant(undefined).chain(make);
    return lazy(() => this.#object(type, depth + 1));
  }

  #union(type: ts.UnionType, depth: number): fc.Arbitrary<unknown> {
    const simple = type.types.filter((one) => !(one.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)));
    const types = depth > ENDS_AT && simple.length > 0 ? simple : type.types;
    return fc.oneof(...types.map((one) => this.of(one, depth)));
  }

  #template({ texts, types }: ts.TemplateLiteralType): fc.Arbitrary<string> {
    const parts = types.map((type) =>
      type.flags & ts.TypeFlags.Number
        ? fc.double({ noNaN: true, noDefaultInfinity: true }).map(String)
        : this.of(type).map((value) => (typeof value === "string" ? value : String(value as boolean | bigint))),
    );
    return fc.tuple(...parts).map((values) => texts.map((text, i) => text + (values[i] ?? "")).join(""));
  }

  #mapping(type: ts.StringMappingType): fc.Arbitrary<string> {
    const first = (text: string, change: (char: string) => string): string => change(text.slice(0, 1)) + text.slice(1);
    const changes: Record<string, (text: string) => string> = {
      Uppercase: (text) => text.toUpperCase(),
      Lowercase: (text) => text.toLowerCase(),
      Capitalize: (text) => first(text, (char) => char.toUpperCase()),
      Uncapitalize: (text) => first(text, (char) => char.toLowerCase()),
    };
    return fc.string().map(changes[type.symbol.name]!);
  }

  #object(type: ts.Type, depth: number): fc.Arbitrary<unknown> {
    const checker = this.#checker;
    const many = { maxLength: depth > ENDS_AT ? 0 : 3 };
    if (type.flags & ts.TypeFlags.Intersection) {
      const brand = this.#brand(type as ts.IntersectionType);
      if (brand) return brand;
    }
    if (checker.isTupleType(type)) return this.#tuple(type as ts.TupleTypeReference, depth);
    const element = this.#elementOf(type);
    if (element) return fc.array(this.of(element, depth), many);
    if (type.getCallSignatures().length > 0) return fc.constant(FUNCTION);
    if (this.#isRemote(type)) return fc.constant(new Reference("any"));
    const symbol = type.symbol as ts.Symbol | undefined;
    const args = checker.getTypeArguments(type as ts.TypeReference);
    const isLibrary = symbol?.declarations?.every((one) => one.getSourceFile().isDeclarationFile) ?? false;
    if (symbol && isLibrary && symbol.flags & ts.SymbolFlags.Interface) {
      const known = LIBRARY[symbol.name];
      if (known) return known;
      if (/Set$/.test(symbol.name)) return fc.array(this.of(args[0]!, depth), many).map((items) => new Set(items));
      if (/Map$/.test(symbol.name)) {
        const entry = fc.tuple(this.of(args[0]!, depth), this.of(args[1]!, depth));
        return fc.array(entry, many).map((entries) => new Map(entries));
      }
    }
    const [index] = checker.getIndexInfosOfType(type);
    if (index) {
      const keys = index.keyType.isIntersection() ? index.keyType.types : [index.keyType];
      const isNumber = keys.some((one) => one.flags & ts.TypeFlags.Number);
      const key = isNumber
        ? fc.maxSafeInteger().map(String)
        : fc.oneof(fc.string(), fc.constantFrom("__proto__", "then"));
      if (index.type.flags & ts.TypeFlags.Never) return fc.constant({});
      return fc.array(fc.tuple(key, this.of(index.type, depth)), many).map((entries) => Object.fromEntries(entries));
    }
    return this.#properties(type, depth);
  }

  #properties(type: ts.Type, depth: number): fc.Arbitrary<unknown> {
    const fields = this.#checker.getPropertiesOfType(type).map((property) => {
      const value = this.of(this.#checker.getTypeOfSymbol(property), depth);
      const isOptional = (property.flags & ts.SymbolFlags.Optional) !== 0;
      if (isOptional && depth > ENDS_AT) return { name: property.name, value: fc.constant(NOTHING) };
      return { name: property.name, value: isOptional ? fc.option(value, { nil: NOTHING }) : value };
    });
    return fc.tuple(...fields.map((one) => one.value)).map((values) => {
      const object = {};
      for (const [i, value] of values.entries()) {
        // What the compiler calls ___proto__ has two underscores before it.
        const name = fields[i]!.name.replace(/^___/, "__");
        const isLeftOut = value === NOTHING || (value === undefined && this.#isOptional(type, i));
        if (!isLeftOut)
          Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
      }
      return object;
    });
  }

  #isOptional(type: ts.Type, at: number): boolean {
    return (this.#checker.getPropertiesOfType(type)[at]!.flags & ts.SymbolFlags.Optional) !== 0;
  }

  #tuple(type: ts.TupleTypeReference, depth: number): fc.Arbitrary<unknown[]> {
    const { elementFlags, minLength } = type.target;
    const isOpen = elementFlags.some((flag) => flag & ts.ElementFlags.Variable);
    const elements = this.#checker.getTypeArguments(type).map((element, i): fc.Arbitrary<unknown[]> => {
      const value = this.of(element, depth);
      if (elementFlags[i]! & ts.ElementFlags.Variable) return fc.array(value, { maxLength: 2 });
      // What is left out is not there as undefined.
      const isOptional = (elementFlags[i]! & ts.ElementFlags.Optional) !== 0;
      return (isOptional ? value.filter((one) => one !== undefined) : value).map((one) => [one]);
    });
    return fc
      .tuple(fc.integer({ min: minLength, max: elementFlags.length }), ...elements)
      .map(([length, ...parts]) =>
        parts
          .slice(0, isOpen && length < elementFlags.length ? Math.min(length, elementFlags.length - 1) : length)
          .flat(1),
      );
  }

  #elementOf(type: ts.Type): ts.Type | undefined {
    const checker = this.#checker;
    if (checker.isArrayType(type)) return checker.getTypeArguments(type as ts.TypeReference)[0];
    if (!type.isClassOrInterface() || type.symbol.members?.size) return undefined;
    const [base] = checker.getBaseTypes(type);
    return base && this.#elementOf(base);
  }

  #isRemote(type: ts.Type): boolean {
    const declared = (type.symbol as ts.Symbol | undefined)?.declarations ?? [];
    return declared.some((one) => ts.getJSDocTags(one).some((tag) => tag.tagName.text === "remote"));
  }

  #brand(type: ts.IntersectionType): fc.Arbitrary<unknown> | undefined {
    const primitive = type.types.find((one) => !(one.flags & (ts.TypeFlags.Object | ts.TypeFlags.Union)));
    if (!primitive) return undefined;
    const wire = this.#checker.getPropertyOfType(type, "__rpcType");
    const word = wire && this.#checker.getNonNullableType(this.#checker.getTypeOfSymbol(wire));
    const name = word?.isStringLiteral() ? word.value : "";
    if (primitive.flags & ts.TypeFlags.BigIntLike) {
      if (name === "bigint") return fc.bigInt(-(2n ** 300n), 2n ** 300n);
      return /^u|^fixed/.test(name) ? fc.bigInt(0n, 2n ** 64n - 1n) : fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n);
    }
    if (name === "float") return fc.float();
    const range = INTEGERS[name as keyof typeof INTEGERS];
    if (range) return name === "int53" ? fc.maxSafeInteger() : fc.integer({ min: range[0], max: range[1] });
    return this.of(primitive);
  }
}

const NOTHING: unknown = Symbol("left out");

const bytes = <T>(make: (memory: ArrayBuffer) => T): fc.Arbitrary<T> =>
  fc.uint8Array({ maxLength: 16 }).map((all) => make(all.slice().buffer));

/** What the library declares. */
const LIBRARY: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  Date: fc.date({ noInvalidDate: true }),
  URL: fc.webUrl().map((text) => new URL(text)),
  RegExp: fc.constantFrom(/a+b/, /(?<year>\d{4})/gu),
  Error: errors(ANYTHING),
  Uint8Array: fc.uint8Array({ maxLength: 16 }),
  Buffer: bytes((memory) => Buffer.from(memory)),
  ArrayBuffer: bytes((memory) => memory),
  DataView: bytes((memory) => new DataView(memory)),
  Int8Array: bytes((memory) => new Int8Array(memory)),
  Uint8ClampedArray: bytes((memory) => new Uint8ClampedArray(memory)),
  Int16Array: fc.int16Array(),
  Uint16Array: fc.uint16Array(),
  Int32Array: fc.int32Array(),
  Uint32Array: fc.uint32Array(),
  Float32Array: fc.float32Array(),
  Float64Array: fc.float64Array(),
  BigInt64Array: fc.bigInt64Array(),
  BigUint64Array: fc.bigUint64Array(),
  AsyncIterable: fc.constant(new Reference("stream")),
  ReadableStream: fc.constant(new Reference("bytes")),
  AbortSignal: fc.constant(undefined),
};
