/**
 * What a package declares, as data: every interface, member, parameter and type, with their numbers. Emitted where the
 * config says `"description": true`, served and asked for by description.ts.
 * Source: schema/peerwire/v1/description.proto.
 */

export interface PackageDescription {
  /** Such as "acme.bank.v1". */
  readonly name: string;
  readonly interfaces: readonly DescribedInterface[];
  readonly types: readonly DescribedType[];
}

export interface DescribedInterface {
  /** Without the package: "AccountService". */
  readonly name: string;
  /** What the author calls it: "Account". */
  readonly type: string;
  /** A function type: its only member has no name. */
  readonly isFunction?: true;
  /** First paragraph of the author's; so everywhere below. */
  readonly documentation?: string;
  /** The interfaces that it extends, without the package. */
  readonly bases?: readonly string[];
  /** The type of what travels inside references to it. */
  readonly snapshot?: string;
  /** The types of the errors that cross as themselves. */
  readonly errors?: readonly string[];
  /** Its own; those of its bases are theirs. */
  readonly members: readonly DescribedMember[];
}

export interface DescribedMember {
  readonly number: number;
  readonly name: string;
  readonly kind: "call" | "get" | "set" | "construct";
  /** Sent, and never answered. */
  readonly oneWay?: true;
  /** Running it twice does no harm. */
  readonly idempotent?: true;
  readonly deprecated?: true;
  /** Those that cross; an AbortSignal does not. */
  readonly parameters: readonly DescribedField[];
  /** The value, or a stream; absent where there is nothing but that it was done. */
  readonly result?: DescribedField;
  readonly documentation?: string;
}

export interface DescribedType {
  /** Without the package. */
  readonly name: string;
  /**
   * "box": around a value that protobuf cannot put where it stands, such as a list in a list. "entry": of a map whose key
   * protobuf cannot have.
   */
  readonly kind: "object" | "tuple" | "union" | "enum" | "error" | "box" | "entry";
  /** Of a union: the property by whose value its cases are told apart, if it is that. */
  readonly tag?: string;
  readonly documentation?: string;
  /** Of a union its cases, of an enum its values. */
  readonly fields: readonly DescribedField[];
}

export interface DescribedField {
  /** 0 of what is always the same, and never crosses. */
  readonly number: number;
  /** As the author wrote it; "" of the value of a box, or a result. */
  readonly name: string;
  /** As the schema has it, where that is another. */
  readonly protoName?: string;
  /** "string", "LoginOptions?", "repeated double|null". Of an enum's value, and of what is always the same: that value. */
  readonly type: string;
  /** Of a map with any key: the type of its entries. */
  readonly entry?: string;
  /** The companion that tells null from absent. */
  readonly nullNumber?: number;
  /** The companion that tells empty from absent. */
  readonly emptyNumber?: number;
  /** It collects what is left: of parameters, and of the elements of a tuple. */
  readonly rest?: true;
  /** It must be there, and older peers do not know that: its absence shows, and is refused. */
  readonly late?: true;
  readonly deprecated?: true;
  /** Of a case of a union with a tag: the values of the tag. */
  readonly when?: readonly string[];
  /** What the author's tags demand of its values: "minimum 0, maximum 9". */
  readonly demands?: string;
  readonly documentation?: string;
}
