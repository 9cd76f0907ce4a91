/** Values of a shape, at random: what the model says a type is, read the other way round. */
import fc from "fast-check";
import type { ApiModel, Field, Message } from "../../../codegen/model/api-model.js";
import type { BufferName, Scalar, Shape, TypedArrayName } from "../../../codegen/model/shape.js";
import { type TypeText, plainText } from "../../../codegen/model/type-text.js";

import type { Rule } from "../../../codegen/model/rule.js";

/** A function, which the test's sinks and sources only pass through. */
export const FUNCTION = (): void => {};

/** What crosses by reference, made up: the test's sinks and sources only pass it through. */
export class Reference {
  readonly service: string;
  constructor(service: string) {
    this.service = service;
  }
  [Symbol.asyncIterator](): AsyncIterator<never> {
    return { next: async () => ({ done: true, value: undefined }) };
  }
  getReader(): void {}
}

export const INTEGERS: Partial<Record<Scalar, [number, number]>> = {
  int32: [-0x80000000, 0x7fffffff],
  sint32: [-0x80000000, 0x7fffffff],
  sfixed32: [-0x80000000, 0x7fffffff],
  uint32: [0, 0xffffffff],
  fixed32: [0, 0xffffffff],
  int53: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
};

export class Arbitraries {
  readonly #model: ApiModel;
  readonly #heights = new Map<string, number>();
  readonly #enums: ReadonlyMap<string, Record<string, unknown>>;

  /** @param enums the TypeScript enums of the sources, by name. */
  constructor(model: ApiModel, enums: ReadonlyMap<string, Record<string, unknown>>) {
    this.#model = model;
    this.#enums = enums;
    this.#findHeights();
  }

  field(field: Field, depth = 0): fc.Arbitrary<unknown> {
    const choices: fc.Arbitrary<unknown>[] = [];
    if (field.absent) choices.push(fc.constant(undefined));
    if (field.nullable) choices.push(fc.constant(null));
    if (depth > 4 && choices.length > 0) return fc.oneof(...choices);
    return fc.oneof(...choices, { weight: 3, arbitrary: this.obeying(field, depth) });
  }

  /** Values that also are what the author's tags demand. */
  obeying(field: Field, depth: number): fc.Arbitrary<unknown> {
    const values = this.shape(field.shape, depth);
    return field.rule ? ruled(values, field.shape, field.rule.rule) : values;
  }

  shape(shape: Shape, depth: number): fc.Arbitrary<unknown> {
    const maxLength = 3;
    // Arbitraries are built before they are used: a recursive type has to end here.
    if (depth > 3) {
      if (shape.kind === "list") return fc.constant([]);
      if (shape.kind === "set") return fc.constant(new Set());
      if (shape.kind === "map") return fc.constant(new Map());
      if (shape.kind === "record") return fc.constant({});
    }
    switch (shape.kind) {
      case "scalar":
        if (shape.mask !== undefined) return fc.nat(0xff_ffff).map((bits) => (bits & shape.mask!) >>> 0);
        if (shape.template !== undefined)
          return fc.stringMatching(new RegExp(shape.template.replaceAll("[^]", "."), "u"));
        return scalar(shape.scalar);
      case "url":
        return fc.webUrl({ withFragments: true, withQueryParameters: true }).map((text) => new URL(text));
      case "regexp":
        return fc.constantFrom(/a+b/, /[/]\n/giu, /(?<year>\d{4})/, new RegExp(""));
      case "error":
        return errors(ANYTHING);
      case "value":
        return shape.only ? fc.oneof(fc.object(), fc.array(ANYTHING), fc.date({ noInvalidDate: true })) : ANYTHING;
      case "typedArray":
        return TYPED_ARRAYS[shape.array];
      case "buffer":
        return fc.uint8Array({ maxLength: 20 }).map((bytes) => BUFFERS[shape.buffer](bytes.slice().buffer));
      case "date":
        return fc.date({ noInvalidDate: true });
      case "constant":
        return fc.constant(this.literal(shape.literal));
      case "enum": {
        const { values } = this.#model.enums.find((one) => one.name === shape.name)!;
        return fc.constantFrom(...values.map((one) => this.literal(one.literal)));
      }
      case "message":
        return this.message(
          this.#model.messages.find((one) => one.name === shape.name)!,
          depth + 1,
        );
      case "list":
        return fc.array(this.shape(shape.element, depth + 1), { maxLength });
      case "set":
        return fc.array(this.shape(shape.element, depth + 1), { maxLength }).map((items) => new Set(items));
      case "map":
        return fc
          .array(fc.tuple(this.shape(shape.key, depth + 1), this.shape(shape.value, depth + 1)), { maxLength })
          .map((entries) => new Map(entries));
      case "record": {
        const key =
          shape.key === "string"
            ? fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor"))
            : fc.maxSafeInteger().map(String);
        return fc
          .array(fc.tuple(key, this.shape(shape.value, depth + 1)), { maxLength })
          .map((entries) => Object.fromEntries(entries) as unknown);
      }
      case "function":
        return fc.constant(FUNCTION);
      case "remote":
        return fc.constant(new Reference(shape.service));
      case "stream":
        return fc.constant(new Reference(shape.items));
      case "byteStream":
        return fc.constant(new Reference("bytes"));
      case "refused":
        throw new Error("nothing is known of a refused type");
    }
  }

  message(message: Message, depth: number): fc.Arbitrary<unknown> {
    switch (message.kind) {
      case "object":
        return this.object(message.fields, depth).filter(
          (value) =>
            !message.oneOfSets?.length ||
            message.oneOfSets.some((set) =>
              set.every((name) => (value as Record<string, unknown>)[name] !== undefined),
            ),
        );
      case "tuple": {
        const fixed = message.rest ? message.fields.slice(0, -1) : message.fields;
        const rest = message.rest ? this.field(message.fields.at(-1)!, depth) : fc.constant([]);
        const values = fc.tuple(...fixed.map((field) => this.field(field, depth)));
        return fc.tuple(values, rest).map(([head, tail]) => {
          const whole = [...head, ...(tail as unknown[])];
          // An optional element is left out, not there as undefined.
          while (whole.length > 0 && whole.at(-1) === undefined && fixed[whole.length - 1]?.optionalKey) whole.pop();
          return whole;
        });
      }
      case "box":
        return this.field(message.fields[0]!, depth);
      case "union": {
        // Past some depth only the cases that end, where there are any.
        const heights = message.cases.map((one) => this.#heightOf(one.field.shape));
        const least = Math.min(...heights);
        const cases = depth > 4 ? message.cases.filter((_, i) => heights[i] === least) : message.cases;
        return fc.oneof(...cases.map((one) => this.shape(one.field.shape, depth)));
      }
      case "entry":
        throw new Error("an entry is not a value");
    }
  }

  object(fields: readonly Field[], depth: number): fc.Arbitrary<object> {
    return fc.tuple(...fields.map((field) => this.field(field, depth))).map((values) => {
      const result = {};
      fields.forEach((field, i) => {
        const value = values[i];
        if (value === undefined && field.optionalKey) return;
        Object.defineProperty(result, field.name, { value, enumerable: true, writable: true, configurable: true });
      });
      return result;
    });
  }

  /** How many messages a value of the shape has inside one another, at least. */
  #heightOf(shape: Shape): number {
    return shape.kind === "message" ? (this.#heights.get(shape.name) ?? 0) : 0;
  }

  #findHeights(): void {
    const { messages } = this.#model;
    for (const { name } of messages) this.#heights.set(name, Infinity);
    for (let changed = true; changed;) {
      changed = false;
      for (const message of messages) {
        const fields = message.kind === "union" ? message.cases.map((one) => one.field) : message.fields;
        const needed = fields
          .filter((field) => !field.absent && !field.nullable)
          .map((one) => this.#heightOf(one.shape));
        const height = 1 + (message.kind === "union" ? Math.min(...needed) : Math.max(0, ...needed));
        if (height >= this.#heights.get(message.name)!) continue;
        this.#heights.set(message.name, height);
        changed = true;
      }
    }
  }

  literal(literal: TypeText): unknown {
    const text = plainText(literal);
    if (text === "undefined") return undefined;
    if (/^-?\d+n$/.test(text)) return BigInt(text.slice(0, -1));
    const [head] = literal;
    if (typeof head === "string") return JSON.parse(text) as unknown;
    const path = text.slice(head!.name.length + 1).split(".");
    return path.reduce<unknown>((of, name) => (of as Record<string, unknown>)[name], this.#enums.get(head!.name));
  }
}

const TYPED_ARRAYS: Record<TypedArrayName, fc.Arbitrary<unknown>> = {
  Int16Array: fc.int16Array(),
  Uint16Array: fc.uint16Array(),
  Int32Array: fc.int32Array(),
  Uint32Array: fc.uint32Array(),
  Float32Array: fc.float32Array(),
  Float64Array: fc.float64Array(),
  BigInt64Array: fc.bigInt64Array(),
  BigUint64Array: fc.bigUint64Array(),
};

const BUFFERS: Record<BufferName, (memory: ArrayBuffer) => unknown> = {
  ArrayBuffer: (memory) => memory,
  DataView: (memory) => new DataView(memory),
  Int8Array: (memory) => new Int8Array(memory),
  Uint8ClampedArray: (memory) => new Uint8ClampedArray(memory),
  Buffer: (memory) => Buffer.from(memory),
};

/** What `unknown` may be, nested. */
export const ANYTHING: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(undefined, null, true, false, -0, Number.NaN, "", "__proto__", 0n),
    fc.double(),
    fc.string({ unit: "grapheme" }),
    fc.bigInt(-(2n ** 200n), 2n ** 200n),
    fc.date({ noInvalidDate: true }),
    fc.uint8Array({ maxLength: 8 }),
    fc.constantFrom(new URL("https://example.org/a?b#c"), /x\/y/gu),
    ...Object.values(TYPED_ARRAYS),
    fc.uint8Array({ maxLength: 8 }).map((bytes) => bytes.slice().buffer),
    fc.array(tie("any"), { maxLength: 3 }),
    fc.array(tie("any"), { maxLength: 3 }).map((items) => new Set(items)),
    fc.array(fc.tuple(tie("any"), tie("any")), { maxLength: 3 }).map((entries) => new Map(entries)),
    fc
      .array(fc.tuple(fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor", "then")), tie("any")), {
        maxLength: 3,
      })
      .map((entries) => Object.fromEntries(entries) as unknown),
    errors(tie("any")),
  ),
})).any;

export function errors(values: fc.Arbitrary<unknown>): fc.Arbitrary<Error> {
  return fc
    .tuple(fc.constantFrom(Error, TypeError, RangeError), fc.string(), fc.option(values, { nil: undefined }), values)
    .map(([Class, message, cause, code]) =>
      Object.assign(cause === undefined ? new Class(message) : new Class(message, { cause }), { code }),
    );
}

function ruled(values: fc.Arbitrary<unknown>, shape: Shape, rule: Rule): fc.Arbitrary<unknown> {
  const number = (text: string | undefined): number | undefined =>
    text === undefined ? undefined : Number(text.replace("n", ""));
  const { items } = rule;
  const size = { minLength: rule.minItems ?? 0, maxLength: rule.maxItems ?? (rule.minItems ?? 0) + 3 };
  switch (shape.kind) {
    case "list":
      return fc.array(items ? ruled(fc.anything(), shape.element, items) : fc.string(), size);
    case "scalar": {
      if (rule.format === "uuid") return fc.uuid();
      if (rule.format === "email") return fc.emailAddress().map((text) => text.replace(/^[^@]*/, "someone"));
      if (rule.format === "uri") return fc.webUrl();
      if (rule.pattern !== undefined) return fc.stringMatching(new RegExp(rule.pattern, "u"));
      if (shape.scalar === "string")
        return fc.string({ minLength: rule.minLength ?? 0, maxLength: rule.maxLength ?? 40 });
      if (shape.scalar === "bytes")
        return fc.uint8Array({ minLength: rule.minLength ?? 0, maxLength: rule.maxLength ?? 40 });
      const min = number(rule.minimum ?? rule.exclusiveMinimum) ?? (shape.scalar === "uint64" ? 0 : -1000);
      const max = number(rule.maximum ?? rule.exclusiveMaximum) ?? 1000;
      const inside = fc.integer({
        min: rule.exclusiveMinimum ? min + 1 : min,
        max: rule.exclusiveMaximum ? max - 1 : max,
      });
      return shape.scalar === "int64" || shape.scalar === "uint64" ? inside.map(BigInt) : inside;
    }
    default:
      return values;
  }
}

function scalar(type: Scalar): fc.Arbitrary<unknown> {
  switch (type) {
    case "bigint":
      return fc.bigInt(-(2n ** 300n), 2n ** 300n);
    case "string":
      return fc.string({ unit: "grapheme" });
    case "bytes":
      return fc.uint8Array({ maxLength: 20 });
    case "bool":
      return fc.boolean();
    case "double":
      return fc.double();
    case "float":
      return fc.float();
    case "int64":
    case "sint64":
    case "sfixed64":
      return fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n);
    case "uint64":
    case "fixed64":
      return fc.bigInt(0n, 2n ** 64n - 1n);
    default: {
      const [min, max] = INTEGERS[type]!;
      return type === "int53" ? fc.maxSafeInteger() : fc.integer({ min, max });
    }
  }
}
