/**
 * Numbers with a narrower wire type than TypeScript can say: `size: uint32` is a `number` to the compiler and a
 * varint of 32 bits on the wire, refused on encode where the value does not fit. The brand is optional, so a plain
 * number may be assigned; codegen/passes/introspect reads it.
 */

export type int32 = number & { readonly __rpcType?: "int32" };
export type uint32 = number & { readonly __rpcType?: "uint32" };
/** As int32, small for negative values too. */
export type sint32 = number & { readonly __rpcType?: "sint32" };
/** As uint32, always four bytes. */
export type fixed32 = number & { readonly __rpcType?: "fixed32" };
/** As int32, always four bytes. */
export type sfixed32 = number & { readonly __rpcType?: "sfixed32" };
/** A number that 32 bits hold exactly. */
export type float = number & { readonly __rpcType?: "float" };
/** A safe integer: a `number` here, an int64 on the wire. */
export type int53 = number & { readonly __rpcType?: "int53" };

/** A bigint of any size, as bytes. limits.maxBigintDigits says how many digits it may have. */
export type bigint_ = bigint & { readonly __rpcType?: "bigint" };
export type int64 = bigint & { readonly __rpcType?: "int64" };
export type uint64 = bigint & { readonly __rpcType?: "uint64" };
/** As int64, small for negative values too. */
export type sint64 = bigint & { readonly __rpcType?: "sint64" };
/** As uint64, always eight bytes. */
export type fixed64 = bigint & { readonly __rpcType?: "fixed64" };
/** As int64, always eight bytes. */
export type sfixed64 = bigint & { readonly __rpcType?: "sfixed64" };
