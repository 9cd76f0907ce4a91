/** Values of a shape, at random: what the model says a type is, read the other way round. */
import fc from "fast-check";
import {
  type ApiModel,
  type Field,
  type Message,
  type Scalar,
  type Shape,
  type TypeText,
  plainText,
} from "../../../codegen/model/api-model.js";

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

const INTEGERS: Partial<Record<Scalar, [number, number]>> = {
  int32: [-0x80000000, 0x7fffffff],
  sint32: [-0x80000000, 0x7fffffff],
  sfixed32: [-0x80000000, 0x7fffffff],
  uint32: [0, 0xffffffff],
  fixed32: [0, 0xffffffff],
  int53: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
};

export class Arbitraries {
  readonly #model: ApiModel;
  readonly #enums: ReadonlyMap<string, Record<string, unknown>>;

  /** @param enums the TypeScript enums of the sources, by name. */
  constructor(model: ApiModel, enums: ReadonlyMap<string, Record<string, unknown>>) {
    this.#model = model;
    this.#enums = enums;
  }

  field(field: Field, depth = 0): fc.Arbitrary<unknown> {
    const choices: fc.Arbitrary<unknown>[] = [];
    if (field.absent) choices.push(fc.constant(undefined));
    if (field.nullable) choices.push(fc.constant(null));
    if (depth > 4 && choices.length > 0) return fc.oneof(...choices);
    return fc.oneof(...choices, { weight: 3, arbitrary: this.shape(field.shape, depth) });
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
        return scalar(shape.scalar, plainText(shape.type));
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
      case "remote":
      case "function":
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
        return this.object(message.fields, depth);
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
        const simple = message.cases.filter((one) => one.field.shape.kind !== "message");
        const cases = depth > 4 && simple.length > 0 ? simple : message.cases;
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

  literal(literal: TypeText): unknown {
    const text = plainText(literal);
    if (text === "undefined") return undefined;
    if (/^-?\d+n$/.test(text)) return BigInt(text.slice(0, -1));
    const [head] = literal;
    if (typeof head === "string") return JSON.parse(text) as unknown;
    return this.#enums.get(head!.name)![text.slice(head!.name.length + 1)];
  }
}

function scalar(type: Scalar, text: string): fc.Arbitrary<unknown> {
  switch (type) {
    case "string":
      return text.includes("template")
        ? fc.string({ unit: "grapheme" }).map((tail) => `id-${tail}`)
        : fc.string({ unit: "grapheme" });
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
