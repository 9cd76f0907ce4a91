/**
 * What the interface files say, as plain data: services, messages, enums, errors. Printable as JSON, so a bug report is
 * a model and a test is a model. Knows neither ts-morph nor the wire text; numbers are filled in by assign-numbers.ts.
 */

import type { Rule } from "./rule.js";
import type { BufferName, Shape, TypedArrayName } from "./shape.js";
import type { TypeText } from "./type-text.js";

/** From 1, as editors show it. `file` is relative to the folder of the config. */
export interface Location {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

/** A place for a value: a property, a parameter, an element. */
export interface Field {
  /** As the author wrote it; "" for the value of a box. */
  readonly name: string;
  /** As the .proto has it. */
  readonly protoName: string;
  readonly shape: Shape;
  /** `undefined` is a value of it. */
  readonly absent: boolean;
  /** `null` is a value of it. */
  readonly nullable: boolean;
  /** `?`: where the value is undefined, the key is left out. */
  readonly optionalKey: boolean;
  readonly readonly: boolean;
  readonly documentation?: string;
  readonly deprecated?: boolean;
  /** `@field N` */
  readonly pinned?: number;
  /** `@was name` */
  readonly was?: string;
  /** What the author's tags demand of its values; `name` is what to call it: `OrderQuantity`. */
  readonly rule?: { readonly name: string; readonly rule: Rule };
  readonly location: Location;
  /**
   * Required, and yet peers that are deployed may leave it out: it is younger than its message, or was optional once. So
   * its absence must show on the wire, and is refused. Found with the numbers.
   */
  late?: boolean;
  /** 0 until numbers are assigned. */
  number: number;
  /** Of the companion that tells `null` from absent, and of the one that tells empty from absent. */
  nullNumber: number;
  emptyNumber: number;
}

interface MessageBase {
  /** Without the package. */
  readonly name: string;
  /** The TypeScript type of its values. */
  readonly type: TypeText;
  /** The source in whose .rpc.ts its codec stands. */
  readonly home: string;
  /** Whether its codec is exported: named types are. */
  readonly exported: boolean;
  readonly documentation?: string;
  readonly location: Location;
}

export interface ObjectMessage extends MessageBase {
  readonly kind: "object";
  readonly fields: Field[];
  /** Of members of a union that nothing tells apart, and that agree in what they share: sets of properties, of which one must be there. */
  readonly oneOfSets?: readonly (readonly string[])[];
}

export interface TupleMessage extends MessageBase {
  readonly kind: "tuple";
  readonly fields: Field[];
  /** Whether the last field is `...rest`. */
  readonly rest: boolean;
}

/** A message around one value that protobuf cannot put where it stands: a list in a list, null in a list. */
export interface BoxMessage extends MessageBase {
  readonly kind: "box";
  readonly fields: Field[];
}

/** An entry of a map whose key protobuf's maps cannot have. Written and read where the map is. */
export interface EntryMessage extends MessageBase {
  readonly kind: "entry";
  readonly fields: Field[];
}

/** How a value says which case of the union it is. */
export type UnionBy =
  | { readonly by: "tag"; readonly property: string }
  | { readonly by: "key" }
  | { readonly by: "category" }
  /** The cases in order; the last is what none before it is. */
  | { readonly by: "match"; readonly of: "objects" | "arrays" };

export type Category =
  | "string"
  | "number"
  | "bigint"
  | "boolean"
  | "date"
  | "bytes"
  | "url"
  | "regexp"
  | "error"
  | "array"
  | "set"
  | "map"
  | "object"
  | "function"
  | TypedArrayName
  | Exclude<BufferName, "Buffer">;

/** What a value may be: not there, null, one of a category, or one literal. */
export interface Kind {
  readonly is: Category | "undefined" | "null";
  readonly literal?: TypeText;
}

/** A question about a value, or about a part of it. What is given must all hold. */
export interface Test {
  /** From the value to the part: names of properties, indices of elements. */
  readonly path: readonly (string | number)[];
  readonly oneOf?: readonly Kind[];
  readonly noneOf?: readonly Kind[];
  /** Of an array. */
  readonly length?: readonly [least: number, most: number | undefined];
}

export interface UnionCase {
  readonly field: Field;
  /** By tag: the literals of the tag. By key: the property that only this case has. By category: the category. */
  readonly tests: readonly TypeText[];
  /** By match: what is true of this case, and not of those behind it. */
  readonly match?: readonly Test[];
}

export interface UnionMessage extends MessageBase {
  readonly kind: "union";
  readonly distinguished: UnionBy;
  readonly cases: UnionCase[];
}

export type Message = ObjectMessage | TupleMessage | BoxMessage | EntryMessage | UnionMessage;

export interface EnumValue {
  /** Without the prefix that protobuf wants: `CREATED`. */
  readonly name: string;
  /** Its source text in TypeScript: `"created"`. */
  readonly literal: TypeText;
  readonly documentation?: string;
  readonly pinned?: number;
  readonly was?: string;
  readonly location: Location;
  number: number;
}

export interface EnumModel {
  readonly name: string;
  readonly type: TypeText;
  readonly home: string;
  readonly exported: boolean;
  readonly documentation?: string;
  readonly location: Location;
  readonly values: EnumValue[];
}

export interface Parameter {
  readonly name: string;
  /** TypeScript text of its declared type, without `undefined` where it is optional. */
  readonly type: TypeText;
  readonly optional: boolean;
  readonly rest: boolean;
  /** Its type is `this`: a stub takes its own type there, and not a promise of one, or it would not be one of its bases. */
  readonly ofThis?: boolean;
  /** One of `...args: [a: string, b?: number]`: to the compiler, such an optional one is never `undefined`. */
  readonly spread?: boolean;
  /** Absent for an AbortSignal: it cancels, and does not cross. */
  readonly field?: Field;
}

/** How a method gives its result: `value` in a promise, `stream` directly, `generator` as an AsyncGenerator. */
export type ResultStyle = "oneWay" | "nothing" | "value" | "stream" | "generator" | "byteStream";

/** What is done with a member: a method is called, a property read or written, a class constructed. */
export type MemberKind = "call" | "get" | "set" | "construct";

export interface MemberModel {
  readonly name: string;
  readonly kind: MemberKind;
  /** `OnEvent`; of a property `GetVolume` and `SetVolume`, of a class `NewGreeter`. */
  readonly rpcName: string;
  readonly parameters: Parameter[];
  readonly style: ResultStyle;
  /** The result is `Promise<this>`: in a stub, one of the stub's own type. */
  readonly givesThis?: boolean;
  /** The declared type of the result. */
  readonly resultType: TypeText;
  /** The result's value; absent where there is none. Of a stream: a stream shape. */
  readonly result?: Field;
  /** The author's comment, whole, and its first paragraph. */
  readonly jsdoc?: string;
  readonly documentation?: string;
  readonly deprecated?: boolean;
  /** Running it twice does no harm: it may be retried. */
  readonly idempotent?: boolean;
  readonly pinned?: number;
  readonly was?: string;
  readonly location: Location;
  number: number;
}

export interface ServiceModel {
  readonly kind: "interface" | "function";
  /** `AccountService`, `AccountOnEventListenerFunction`: without the package. */
  readonly name: string;
  /** `Account`, `AccountOnEventListener`: what emitted names begin with. */
  readonly base: string;
  readonly type: TypeText;
  readonly home: string;
  /** Its own; those of its bases are theirs. */
  readonly members: MemberModel[];
  /** The message of the properties that travel inside references, its bases' among them. */
  readonly snapshot?: string;
  /** The services of the remote interfaces that it extends, in the order of the source. */
  readonly bases: readonly string[];
  /** `[Symbol.asyncDispose]` is declared: the stub has it, and it is no member. */
  readonly asyncDispose: boolean;
  readonly errors: readonly string[];
  readonly jsdoc?: string;
  readonly documentation?: string;
  readonly location: Location;
}

export interface ErrorModel {
  readonly name: string;
  readonly type: TypeText;
  readonly home: string;
  readonly fields: Field[];
  /** What `name` is, where the class says. */
  readonly errorName?: string;
  readonly documentation?: string;
  readonly location: Location;
}

/** Numbers and names that are gone, by message, enum or service; filled by assign-numbers.ts. */
export interface Reserved {
  numbers: number[];
  names: string[];
}

/** A whole message, enum or service that is gone, and what must never be given again. */
export interface Tombstone extends Reserved {
  readonly kind: "message" | "enum" | "service";
  readonly name: string;
}

export interface ApiModel {
  readonly package: string;
  /** Every source file that something is emitted for, sorted. */
  readonly sources: string[];
  readonly services: ServiceModel[];
  readonly messages: Message[];
  readonly enums: EnumModel[];
  readonly errors: ErrorModel[];
  readonly reserved: Record<string, Reserved>;
  /** Filled by tombstones.ts. */
  tombstones: readonly Tombstone[];
}

/** The fields of any message; a union's are its cases. */
export function fieldsOf(message: Message): readonly Field[] {
  return message.kind === "union" ? message.cases.map((one) => one.field) : message.fields;
}
