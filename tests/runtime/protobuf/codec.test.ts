/**
 * The protobuf writer and reader against those of protobuf-es: the same bytes, and what either wrote is read by the
 * other. Then what they refuse, with the path to it, before memory is spent. Rows: X05, X06, X08, X09.
 */
import { type BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { DEFAULT_LIMITS } from "../../../runtime/base/limits.js";
import { readBigint, writeBigint } from "../../../runtime/protobuf/bigints.js";
import { readDate, writeDate } from "../../../runtime/protobuf/dates.js";
import { ProtobufReader } from "../../../runtime/protobuf/reader.js";
import { readUtf8, utf8Length, writeUtf8 } from "../../../runtime/protobuf/utf8.js";
import { type PackedType, ProtobufWriter } from "../../../runtime/protobuf/writer.js";
import { readValue, writeValue } from "../../../runtime/references/any-value.js";
import { ValueReader } from "../../../runtime/references/value-reader.js";
import { ValueWriter } from "../../../runtime/references/value-writer.js";
import { Slots } from "../../codegen/support/slots.js";

const { Varint, Bit64, LengthDelimited, StartGroup, EndGroup, Bit32 } = WireType;

const int32 = fc.oneof(fc.constantFrom(0, 1, -1, 127, 128, -(2 ** 31), 2 ** 31 - 1), fc.integer());
const uint32 = fc.oneof(fc.constantFrom(0, 1, 127, 128, 2 ** 31, 2 ** 32 - 1), fc.nat(2 ** 32 - 1));
const int64 = fc.oneof(
  fc.constantFrom(0n, 1n, -1n, -(2n ** 63n), 2n ** 63n - 1n, 2n ** 53n),
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
);
const uint64 = fc.oneof(
  fc.constantFrom(0n, 127n, 128n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 64n - 1n),
  fc.bigInt(0n, 2n ** 64n - 1n),
);
const int53 = fc.oneof(
  fc.constantFrom(0, -1, 127, 128, 2 ** 31, 2 ** 32, -(2 ** 31) - 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
  fc.maxSafeInteger(),
);
const double = fc.oneof(fc.constantFrom(-0, Number.NaN, Infinity, -Infinity, Number.MIN_VALUE), fc.double());
const float = double.map(Math.fround);

/** Each scalar, its values, its wire type, and how protobuf-es calls it. */
const SCALARS = [
  ["double", double, Bit64, "double"],
  ["float", float, Bit32, "float"],
  ["int32", int32, Varint, "int32"],
  ["uint32", uint32, Varint, "uint32"],
  ["sint32", int32, Varint, "sint32"],
  ["fixed32", uint32, Bit32, "fixed32"],
  ["sfixed32", int32, Bit32, "sfixed32"],
  ["int53", int53, Varint, "int64"],
  ["int64", int64, Varint, "int64"],
  ["uint64", uint64, Varint, "uint64"],
  ["sint64", int64, Varint, "sint64"],
  ["fixed64", uint64, Bit64, "fixed64"],
  ["sfixed64", int64, Bit64, "sfixed64"],
  ["bool", fc.boolean(), Varint, "bool"],
] as const satisfies readonly (readonly [
  PackedType,
  fc.Arbitrary<unknown>,
  number,
  keyof BinaryWriter & keyof BinaryReader,
])[];

type Write = (this: BinaryWriter, value: unknown) => BinaryWriter;
type Own = (this: ProtobufWriter, tag: number, value: unknown, name: string) => void;

function asEs(type: PackedType, value: unknown): unknown {
  return type === "int53" ? BigInt(value as number) : value;
}

describe("scalars", () => {
  it.each(SCALARS)("%s: the bytes of protobuf-es, and back", (type, values, wireType, es) => {
    fc.assert(
      fc.property(
        values as fc.Arbitrary<unknown>,
        fc.constantFrom(1, 15, 16, 2047, 2048, 2 ** 29 - 1),
        (value, field) => {
          const writer = new ProtobufWriter(undefined, 1);
          const tag = ((field << 3) | wireType) >>> 0;
          (writer[type] as Own).call(writer, tag, value, "x");
          const expected = new BinaryWriter().tag(field, wireType);
          (expected[es] as Write).call(expected, asEs(type, value));
          expect(writer.finish()).toEqual(expected.finish());
          const reader = new ProtobufReader(writer.view());
          expect(reader.tag()).toBe(tag);
          expect(reader[type]("x")).toBe(value);
          expect(reader.more()).toBe(false);
        },
      ),
      { numRuns: 150 },
    );
  });

  it.each(SCALARS)("%s: a packed list, and one that is not packed", (type, values, wireType, es) => {
    fc.assert(
      fc.property(fc.array(values as fc.Arbitrary<unknown>, { maxLength: 40 }), (list) => {
        const writer = new ProtobufWriter(undefined, 1);
        writer.packed(10, list, "x", type);
        const expected = new BinaryWriter();
        if (list.length > 0) {
          expected.tag(1, LengthDelimited).fork();
          for (const value of list) (expected[es] as Write).call(expected, asEs(type, value));
          expected.join();
        }
        expect(writer.finish()).toEqual(expected.finish());
        const loose = new ProtobufWriter();
        for (const value of list) (loose[type] as Own).call(loose, 8 | wireType, value, "x");
        for (const bytes of [writer.finish(), loose.finish()]) {
          const reader = new ProtobufReader(bytes);
          let read: unknown[] = [];
          while (reader.more()) read = reader.packed(reader.tag(), read, "x", type);
          expect(read).toEqual(list);
        }
      }),
      { numRuns: 80 },
    );
  });

  const wrong: [PackedType, unknown[]][] = [
    ["double", ["1", undefined, 1n, null]],
    ["float", ["1", 0.1, 1e300]],
    ["int32", [2 ** 31, -(2 ** 31) - 1, 0.5, Number.NaN, "1", 1n]],
    ["uint32", [-1, 2 ** 32, 0.5, Infinity, true]],
    ["sint32", [2 ** 31, 0.5]],
    ["fixed32", [-1, 2 ** 32]],
    ["sfixed32", [2 ** 31]],
    ["int53", [2 ** 53, -(2 ** 53), 0.5, Number.NaN, 1n]],
    ["int64", [2n ** 63n, -(2n ** 63n) - 1n, 1]],
    ["uint64", [-1n, 2n ** 64n, 1]],
    ["sint64", [2n ** 63n, 0]],
    ["fixed64", [-1n, 2n ** 64n]],
    ["sfixed64", [2n ** 63n]],
    ["bool", [0, 1, "true", undefined]],
  ];
  it.each(wrong)("%s: refuses what is not one, with its path, alone and in a list", (type, values) => {
    for (const value of values) {
      const writer = new ProtobufWriter();
      writer.begin(10, "order");
      const refusal = (path: string): unknown =>
        expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringMatching(`^${path}: expected `) });
      expect(() => {
        (writer[type] as Own).call(writer, 8, value, "price");
      }).toThrow(refusal("order.price"));
      const valid = type === "bool" ? true : type.includes("64") ? 1n : 1;
      expect(() => {
        writer.packed(10, [valid, value], "prices", type);
      }).toThrow(refusal(String.raw`order.prices\[1\]`));
    }
  });

  it("integers read back within their type only", () => {
    const varint = (value: bigint): Uint8Array => {
      const writer = new BinaryWriter();
      writer.uint64(value);
      return writer.finish();
    };
    const refused = expect.objectContaining({ code: "INVALID_ARGUMENT" });
    expect(() => new ProtobufReader(varint(2n ** 31n)).int32("x")).toThrow(refused);
    expect(() => new ProtobufReader(varint(2n ** 32n)).uint32("x")).toThrow(refused);
    expect(() => new ProtobufReader(varint(2n ** 53n)).int53("x")).toThrow(refused);
    expect(() => new ProtobufReader(varint(2n ** 64n - 2n ** 53n)).int53("x")).toThrow(refused);
    expect(new ProtobufReader(varint(2n ** 64n - 2n ** 53n + 1n)).int53("x")).toBe(Number.MIN_SAFE_INTEGER);
  });
});

describe("numbers of fixed size", () => {
  it.each([
    ["double", 8, 1],
    ["float", 4, 5],
    ["fixed32", 4, 5],
    ["sfixed32", 4, 5],
    ["fixed64", 8, 1],
    ["sfixed64", 8, 1],
  ] as const)("%s: one that reaches past the end of its message is refused, first or not", (type, size, wire) => {
    for (const before of [0, 1, 20]) {
      const fields = Array.from({ length: before }, () => [8 + wire, ...new Uint8Array(size)]).flat();
      const short = [8 + wire, ...new Uint8Array(size - 1)];
      const inner = [...fields, ...short];
      const bytes = Uint8Array.of(10, ...lengthBytes(inner.length), ...inner, ...new Uint8Array(100));
      const reader = new ProtobufReader(bytes);
      reader.tag();
      reader.enter("inner");
      for (let i = 0; i < before; i++) if (reader.tag() > 0) expect(Number(reader[type]("x"))).toBe(0);
      reader.tag();
      expect(() => reader[type]("x")).toThrow(`inner.x: ${size} bytes announced, ${size - 1} are there`);
    }
  });
});

const lengthBytes = (length: number): number[] => (length < 0x80 ? [length] : [(length & 0x7f) | 0x80, length >> 7]);

describe("strings", () => {
  const units = ["a", "é", "€", "😀"];
  const lengths = [
    0, 1, 15, 16, 24, 25, 42, 43, 47, 48, 49, 63, 64, 65, 126, 127, 128, 129, 5461, 5462, 16_383, 16_384, 16_385,
  ];

  it("are the bytes of protobuf-es around every boundary, in characters of 1 to 4 bytes", () => {
    for (const unit of units)
      for (const length of lengths)
        for (const text of [unit.repeat(length), "a".repeat(length) + unit]) {
          const writer = new ProtobufWriter(undefined, 1);
          writer.string(10, text, "x");
          const expected = new BinaryWriter().tag(1, LengthDelimited).string(text).finish();
          expect(Buffer.compare(writer.view(), expected)).toBe(0);
          const reader = new ProtobufReader(writer.view());
          reader.tag();
          expect(reader.string("x")).toBe(Buffer.from(text).toString());
          expect(utf8Length(text)).toBe(Buffer.byteLength(text));
        }
  });

  it("with half a surrogate pair are refused, at whatever place and length: they would arrive as others", () => {
    for (const half of ["\ud800", "\udc00", "\udc00\ud800", "\ud83d\ud83d\ude00"])
      for (const text of [half, `${"a".repeat(47)}${half}`, `${half}${"é".repeat(60)}`, `${"a".repeat(200)}${half}`])
        expect(() => {
          new ProtobufWriter().string(10, text, "name");
        }).toThrow("name: expected well-formed text, got a string with half a surrogate pair");
  });

  it("of any kind survive, behind other fields, and measure what they take", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 120 }), fc.nat(200), (text, before) => {
        const buffer = new Uint8Array(before + text.length * 3);
        const bytes = writeUtf8(text, buffer, before);
        expect(Buffer.from(buffer.subarray(before, before + bytes))).toEqual(Buffer.from(text));
        expect(bytes).toBe(utf8Length(text));
        expect(readUtf8(buffer, before, before + bytes)).toBe(text);
      }),
      { numRuns: 300 },
    );
  });

  it("of one message are each what they are, however many, long and large it is", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary-ascii", maxLength: 40 }),
      fc.string({ unit: "binary-ascii", minLength: 250, maxLength: 300 }),
      fc.string({ unit: "grapheme", maxLength: 40 }),
    );
    fc.assert(
      fc.property(fc.array(text, { maxLength: 30 }), fc.nat(9), (texts, before) => {
        const writer = new ProtobufWriter();
        for (const one of texts) writer.string(10, one, "x");
        const bytes = writer.finish();
        // As it is received: somewhere in the middle of a buffer.
        const buffer = new Uint8Array(before + bytes.length + 9).fill(0xff);
        buffer.set(bytes, before);
        const reader = new ProtobufReader(buffer.subarray(before, before + bytes.length));
        const read: string[] = [];
        for (; reader.more(); read.push(reader.string("x"))) reader.tag();
        expect(read).toEqual(texts);
      }),
      { numRuns: 200 },
    );
  });

  it("that reach past the end of their message are refused, also among others of a large one", () => {
    const writer = new ProtobufWriter();
    for (let i = 0; i < 40; i++) writer.string(10, "one of many", "x");
    const inner = writer.begin(18, "inner");
    writer.string(10, "short", "text");
    writer.end(inner);
    writer.string(10, "what follows it", "x");
    const bytes = writer.finish();
    const length = bytes.lastIndexOf(5); // of "short"
    for (const [announced, there] of [
      [6, 5],
      [12, 5],
    ] as const) {
      bytes[length] = announced;
      const reader = new ProtobufReader(bytes);
      while (reader.tag() === 10) reader.string("x");
      reader.enter("inner");
      reader.tag();
      expect(() => reader.string("text")).toThrow(`inner.text: ${announced} bytes announced, ${there} are there`);
    }
    const [field, many] = [2 + "one of many".length, 40];
    for (let cut = 1; cut < field; cut++) {
      const reader = new ProtobufReader(bytes.subarray(0, field * many - cut));
      for (let i = 1; i < many; i++) if (reader.tag() === 10) reader.string("x");
      expect(reader.tag()).toBe(10);
      expect(() => reader.string("x")).toThrow(
        /^x: (.* bytes announced, .* are there|the message ends inside a number)$/,
      );
    }
  });

  it("of a list are read run by run as one by one, between other fields, whatever their number, length and tag", () => {
    const texts = fc.array(fc.oneof(fc.string({ maxLength: 20 }), fc.string({ minLength: 120, maxLength: 140 })), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(fc.array(texts, { maxLength: 4 }), fc.constantFrom(1, 15, 16, 18, 2048), (runs, field) => {
        const tag = field * 8 + 2;
        const writer = new ProtobufWriter();
        const expected = new BinaryWriter();
        for (const run of runs) {
          writer.strings(tag, run, "x");
          for (const one of run) expected.tag(field, LengthDelimited).string(one);
          writer.bool(24, true, "between");
          expected.tag(3, Varint).bool(true);
        }
        expect(writer.finish()).toEqual(expected.finish());
        const reader = new ProtobufReader(writer.view());
        let read: string[] = [];
        while (reader.more()) {
          const next = reader.tag();
          if (next === tag) read = reader.strings(next, read, "x");
          else reader.skip(next);
        }
        expect(read).toEqual(runs.flat());
      }),
      { numRuns: 200 },
    );
    expect(() => new ProtobufReader(Uint8Array.of(1, 0x61, 10, 9, 0x62)).strings(10, [], "x")).toThrow(
      "x[1]: 9 bytes announced, 1 are there",
    );
    const few = { ...DEFAULT_LIMITS, maxElements: 2 };
    expect(() => new ProtobufReader(Uint8Array.of(0, 10, 0, 10, 0), few).strings(10, [], "x")).toThrow(
      "x: more than 2 elements in one message (limits.maxElements)",
    );
    expect(() => {
      new ProtobufWriter().strings(10, ["a", 5] as never, "x");
    }).toThrow("x[1]: expected a string, got the number 5");
  });

  it("X08: refuses bad UTF-8, short and long: stray, overlong, a surrogate, past U+10FFFF, cut off", () => {
    for (const bad of [[0x80], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82], [0xff]])
      for (const before of [0, 10, 47, 200]) {
        const bytes = [...new Array<number>(before).fill(0x61), ...bad];
        const length = bytes.length > 127 ? [(bytes.length & 0x7f) | 0x80, bytes.length >> 7] : [bytes.length];
        expect(() => new ProtobufReader(Uint8Array.from([...length, ...bytes])).string("name", 3)).toThrow(
          expect.objectContaining({ code: "INVALID_ARGUMENT", message: "name[3]: expected UTF-8" }),
        );
      }
    expect(readUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61), 0, 4)).toBe("\ufeffa"); // a BOM is a character
  });
});

describe("messages", () => {
  it("of every size around 127/128 and 16383/16384 bytes, nested three deep, are the bytes of protobuf-es", () => {
    for (const size of [
      0, 1, 119, 120, 121, 122, 123, 124, 125, 126, 127, 128, 129, 16_376, 16_378, 16_380, 16_382, 16_383, 16_384,
      16_385, 2_097_152,
    ]) {
      const content = new Uint8Array(size).fill(size);
      const writer = new ProtobufWriter(undefined, 1);
      const starts = [writer.begin(10, "a"), writer.begin(18, "b"), writer.begin(26, "c")];
      writer.bytes(34, content, "d");
      for (const start of starts.reverse()) writer.end(start);
      writer.bool(40, true, "after");
      const expected = new BinaryWriter();
      expected.tag(1, LengthDelimited).fork().tag(2, LengthDelimited).fork().tag(3, LengthDelimited).fork();
      expected.tag(4, LengthDelimited).bytes(content).join().join().join().tag(5, Varint).bool(true);
      expect(Buffer.compare(writer.view(), expected.finish())).toBe(0);
      const reader = new ProtobufReader(writer.view());
      const outer = ["a", "b", "c"].map((name) => {
        reader.tag();
        return reader.enter(name);
      });
      reader.tag();
      expect(reader.bytes("d")).toHaveLength(size);
      for (const one of outer.reverse()) {
        expect(reader.more()).toBe(false);
        reader.leave(one);
      }
      expect([reader.tag(), reader.bool("after")]).toEqual([40, true]);
    }
  });

  it("start over in the same buffer, and let go of one that had grown", () => {
    const writer = new ProtobufWriter();
    writer.begin(10, "left open");
    writer.bytes(10, new Uint8Array(1 << 20), "x");
    writer.reset();
    writer.bool(8, true, "x");
    expect([writer.length, writer.view().buffer.byteLength]).toEqual([2, 1024]);
  });

  it("that are handed out stay as they are, whatever is written, grown or dropped behind them", () => {
    const sizes = fc.array(fc.tuple(fc.nat(3000), fc.nat(3)), { maxLength: 30 });
    fc.assert(
      fc.property(sizes, (messages) => {
        const writer = new ProtobufWriter(undefined, 64);
        const [handedOut, expected]: [Uint8Array[], Uint8Array[]] = [[], []];
        for (const [i, [size, what]] of messages.entries()) {
          writer.reset();
          const one = new ProtobufWriter();
          for (const w of [writer, one]) {
            const start = w.begin(10, "x");
            const inner = w.beginAt(7, 10, "");
            w.bytes(18, new Uint8Array(size).fill(i), "y");
            w.end(inner);
            w.end(start);
          }
          expect(writer.length).toBe(one.length);
          if (what === 0) continue;
          handedOut.push(what === 1 ? writer.view().slice() : writer.finish());
          expected.push(one.finish());
        }
        expect(handedOut).toEqual(expected);
      }),
      { numRuns: 100 },
    );
  });

  it("are read by a reader that starts over as by a new one, whatever became of the message before", () => {
    const references = new Slots().source;
    const reused = new ValueReader(new Uint8Array(), references);
    const read = (reader: ValueReader): unknown => {
      try {
        reader.tag();
        return readValue(reader, "");
      } catch (error) {
        return (error as Error).message;
      }
    };
    const value = fc.oneof(
      fc.anything({ withMap: true, withSet: true, withDate: true, withBigInt: true, withTypedArray: true }),
      fc.array(fc.string({ minLength: 1 }), { minLength: 20, maxLength: 40 }),
      fc.array(fc.double()),
    );
    fc.assert(
      fc.property(value, fc.option(fc.nat()), fc.nat(), (one, broken, byte) => {
        const writer = new ValueWriter(new Slots());
        try {
          writeValue(writer, 10, one, "");
        } catch {
          return; // what cannot cross
        }
        const whole = writer.finish();
        const bytes = broken === null ? whole : whole.with(broken % whole.length, byte);
        reused.startOver(bytes, references);
        expect(read(reused)).toEqual(read(new ValueReader(bytes, references)));
      }),
      { numRuns: 500 },
    );
  });

  it("timestamps are exact over the whole range of Date", () => {
    const ends = [-8.64e15, 8.64e15, 0, -1, 1, -999, -1000, -1001, 999, 1000, 1001, -62_135_596_800_000];
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom(...ends), fc.integer({ min: -8.64e15, max: 8.64e15 })), (ms) => {
        const writer = new ProtobufWriter();
        writeDate(writer, 10, new Date(ms), "at");
        const expected = new BinaryWriter().tag(1, LengthDelimited).fork();
        const seconds = Math.floor(ms / 1000);
        if (seconds !== 0) expected.tag(1, Varint).int64(seconds);
        if (ms - seconds * 1000 !== 0) expected.tag(2, Varint).int32((ms - seconds * 1000) * 1_000_000);
        expect(writer.finish()).toEqual(expected.join().finish());
        const reader = new ProtobufReader(writer.view());
        reader.tag();
        expect(readDate(reader, "at").getTime()).toBe(ms);
      }),
      { numRuns: 300 },
    );
    expect(() => {
      writeDate(new ProtobufWriter(), 10, new Date(Number.NaN), "at");
    }).toThrow("at: expected a valid Date");
    const late = new BinaryWriter().fork().tag(1, Varint).int64(8_640_000_000_001).join().finish();
    expect(() => readDate(new ProtobufReader(late), "at")).toThrow("at: expected a time that Date can hold");
  });

  it("skips whatever it does not know", () => {
    const unknown = new BinaryWriter();
    unknown
      .tag(100, Varint)
      .uint64(2n ** 64n - 1n)
      .tag(101, Bit64)
      .double(1)
      .tag(102, LengthDelimited)
      .bytes(new Uint8Array(300))
      .tag(103, Bit32)
      .float(1);
    unknown
      .tag(104, StartGroup)
      .tag(1, Varint)
      .uint32(5)
      .tag(2, StartGroup)
      .tag(2, EndGroup)
      .tag(104, EndGroup)
      .tag(1, Varint)
      .uint32(7);
    const reader = new ProtobufReader(unknown.finish());
    const seen: number[] = [];
    while (reader.more()) {
      const tag = reader.tag();
      if (tag === 8) seen.push(reader.uint32("x"));
      else reader.skip(tag);
    }
    expect(seen).toEqual([7]);
  });
});

describe("what is refused", () => {
  const invalid = expect.objectContaining({ code: "INVALID_ARGUMENT" });
  /** Reads a message of unknown fields to its end. */
  function skipAll(bytes: readonly number[] | Uint8Array): void {
    const reader = new ProtobufReader(Uint8Array.from(bytes));
    while (reader.more()) reader.skip(reader.tag());
  }

  it.each([
    ["a varint of 11 bytes", [8, ...new Array<number>(10).fill(0xff), 1]],
    ["a varint of 10 bytes past 64 bits", [8, ...new Array<number>(9).fill(0xff), 2]],
    ["a varint that is cut off", [8, 0x80]],
    ["field 0", [0, 1]],
    ["field 0, length-delimited", [2, 0]],
    ["a tag past 32 bits", [0xff, 0xff, 0xff, 0xff, 0x1f, 0]],
    ["wire type 6", [14]],
    ["wire type 7", [15]],
    ["a stray END_GROUP", [12]],
    ["a group that ends as another", [11, 20]],
    ["a group without an end", [11, 8, 1]],
    ["a length of 2^31", [10, 0x80, 0x80, 0x80, 0x80, 0x08, 1]],
    ["a length of 2^32-1", [10, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    ["a length of 2^63", [10, ...new Array<number>(9).fill(0x80), 1]],
    ["a length one past the end", [10, 3, 1, 2]],
    ["8 bytes of which 7 are there", [9, 1, 2, 3, 4, 5, 6, 7]],
    ["4 bytes of which 3 are there", [13, 1, 2, 3]],
  ])("X08: %s", (_name, bytes) => {
    expect(() => {
      skipAll(bytes);
    }).toThrow(invalid);
  });

  it("a nested message that reads past its own end, though the outer one has more", () => {
    const reader = new ProtobufReader(Uint8Array.of(10, 2, 10, 5, 1, 2, 3, 4, 5));
    reader.tag();
    reader.enter("inner");
    reader.tag();
    expect(() => reader.bytes("b")).toThrow("inner.b: 5 bytes announced, 0 are there");
  });

  it("X05: nesting of 100 is read and written, of 101 and 5000 is not, groups included", () => {
    const write = (depth: number): Uint8Array => {
      const writer = new ProtobufWriter();
      const starts = Array.from({ length: depth }, () => writer.begin(10, "next"));
      for (const start of starts.reverse()) writer.end(start);
      return writer.finish();
    };
    const read = (bytes: Uint8Array): void => {
      const reader = new ProtobufReader(bytes);
      const down = (): void => {
        while (reader.more()) {
          reader.tag();
          const outer = reader.enter("next");
          down();
          reader.leave(outer);
        }
      };
      down();
    };
    for (const depth of [99, 100]) read(write(depth));
    expect(() => write(101)).toThrow(invalid);
    let deep = new Uint8Array();
    for (let i = 0; i < 101; i++) deep = new BinaryWriter().tag(1, LengthDelimited).bytes(deep).finish();
    expect(() => {
      read(deep);
    }).toThrow("next: nested deeper than 100 (limits.maxNesting)");
    for (const depth of [101, 5000, 100_000]) {
      expect(() => {
        skipAll(new Uint8Array(depth).fill(11));
      }).toThrow(invalid);
    }
    skipAll([...new Array<number>(100).fill(11), ...new Array<number>(100).fill(12)]);
  });

  it("X05: a value that contains itself", () => {
    const writer = new ProtobufWriter();
    const loop: { next?: unknown } = {};
    loop.next = loop;
    const write = (value: { next?: unknown }): void => {
      const start = writer.begin(10, "next");
      write(writer.plain(value.next as typeof loop, "next"));
      writer.end(start);
    };
    expect(() => {
      write(loop);
    }).toThrow("does the value contain itself?");
  });

  it("X06: elements are counted over the whole message, on both sides", () => {
    const limits = { ...DEFAULT_LIMITS, maxElements: 10 };
    const exhausted = expect.objectContaining({ code: "RESOURCE_EXHAUSTED" });
    const writer = new ProtobufWriter(limits);
    writer.packed(10, writer.array([1, 2, 3, 4, 5, 6], "a"), "a", "uint32");
    writer.array([1, 2, 3, 4], "b");
    expect(() => writer.array([1], "c")).toThrow(exhausted);
    const reader = new ProtobufReader(Uint8Array.of(10, 6, 1, 2, 3, 4, 5, 6, 10, 5, 1, 2, 3, 4, 5), limits);
    const read = reader.packed<number>(reader.tag(), [], "a", "uint32");
    expect(() => reader.packed(reader.tag(), read, "a", "uint32")).toThrow(exhausted);
    expect(read).toHaveLength(10);
  });

  it("X06: a mebibyte of empty messages stops at the budget", () => {
    const reader = new ProtobufReader(new Uint8Array(1 << 20).map((_, i) => (i % 2 === 0 ? 10 : 0)));
    let made = 0;
    expect(() => {
      while (reader.more()) {
        reader.tag();
        reader.element("items");
        reader.leave(reader.enter("items", made++));
      }
    }).toThrow("more than 100000 elements in one message (limits.maxElements)");
    expect(made).toBe(100_000);
  });

  it("X09: small bytes are a copy, large ones a view, and both are plain Uint8Arrays", () => {
    for (const [size, isCopy] of [
      [0, true],
      [6, true],
      [4096, true],
      [4097, false],
    ] as const) {
      const writer = new ProtobufWriter();
      writer.bytes(10, new Uint8Array(size).fill(7), "x");
      const received = Buffer.from(writer.finish());
      const reader = new ProtobufReader(received);
      reader.tag();
      const read = reader.bytes("x");
      received.fill(0);
      expect(read.every((byte) => byte === (isCopy ? 7 : 0))).toBe(true);
      expect(read.buffer === received.buffer).toBe(!isCopy);
      expect(Object.getPrototypeOf(read)).toBe(Uint8Array.prototype);
      if (isCopy) expect(read.buffer.byteLength).toBe(size);
    }
  });

  it("containers that are not what they should be, with the path", () => {
    const writer = new ProtobufWriter();
    writer.begin(10, "order", "EUR");
    expect(() => writer.array({ length: 1 } as never, "lines")).toThrow(
      'order["EUR"].lines: expected an array, got an object (Object)',
    );
    expect(() => writer.map({} as never, "m")).toThrow("m: expected a Map");
    expect(() => writer.set([] as never, "s")).toThrow("s: expected a Set, got an array of 0");
    expect(() => writer.plain(null, "p")).toThrow("p: expected an object, got null");
    expect(() => writer.record(5 as never, "r")).toThrow("r: expected an object, got the number 5");
    expect(() => {
      writer.bytes(10, [1] as never, "b");
    }).toThrow("b: expected a Uint8Array");
    expect(() => {
      writer.string(10, "xxxxx", "ok");
    }).not.toThrow();
    expect(() => {
      writer.string(10, 5 as never, "s", 2);
    }).toThrow("s[2]: expected a string, got the number 5");
  });
});

describe("what is past a limit, and what nobody knows", () => {
  it("X07: 600 KB of unknown fields are passed over: what is read keeps nothing of them", () => {
    const unknown = new BinaryWriter();
    for (let i = 0; i < 60_000; i++) unknown.tag(1000 + (i % 1000), LengthDelimited).bytes(new Uint8Array(6));
    const reader = new ProtobufReader(unknown.finish(), DEFAULT_LIMITS);
    const before = process.memoryUsage();
    let fields = 0;
    for (; reader.more(); fields++) reader.skip(reader.tag());
    const after = process.memoryUsage();
    expect(fields).toBe(60_000);
    expect(after.external + after.arrayBuffers - before.external - before.arrayBuffers).toBeLessThan(100_000);
  });

  it("limits.maxBigintDigits: as many digits cross, one more is refused by either side", () => {
    const limits = { ...DEFAULT_LIMITS, maxBigintDigits: 100 };
    const write = (value: bigint, own: typeof limits): Uint8Array => {
      const writer = new ProtobufWriter(own);
      writeBigint(writer, 10, value, "n");
      return writer.finish();
    };
    const most = 10n ** 100n - 1n;
    for (const value of [most, -most]) {
      const reader = new ProtobufReader(write(value, limits), limits);
      reader.tag();
      expect(readBigint(reader, "n")).toBe(value);
      expect(() => write(value * 10n, limits)).toThrow("101 digits, and the limit is 100 (limits.maxBigintDigits)");
    }
    const reader = new ProtobufReader(write(10n ** 110n, DEFAULT_LIMITS), limits);
    reader.tag();
    expect(() => readBigint(reader, "n")).toThrow("limits.maxBigintDigits: 100");
  });
});
