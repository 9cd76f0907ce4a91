/** Places where types are met, and what a type is called that has a name. Plain data that introspection hands down. */
import type { ts } from "ts-morph";
import type { Location } from "../../model/api-model.js";
import { type TypeText, plainText } from "../../model/type-text.js";

/** Where a type was met. */
export interface Place {
  /** TypeScript for the type that is meant, without undefined and null. */
  readonly path: TypeText;
  /** What an anonymous type here is called on the wire: its owner's path. Type identity would not do: the compiler
   * interns anonymous types, and two properties that have nothing to do with each other may share one. */
  readonly name: string;
  /** What a diagnostic points at. */
  readonly node: ts.Node;
  /** The source in whose .rpc.ts anonymous types are emitted. */
  readonly home: string;
  readonly depth: number;
  /** Inside a type of a package, which the author cannot edit. `node` then is where that type is used. */
  readonly inside?: PackageType;
  /** The type that was left when null was taken from an alias (`type Json = null | ...`), and the alias's name for it. */
  readonly stripped?: { readonly type: ts.Type; readonly named: NamedType };
}

/** A type of a package, and the way from it to the place. */
export interface PackageType {
  /** As the author would write it: `Stripe.Charge`, `WithId<...>`. */
  readonly owner: string;
  readonly path: readonly string[];
}

/** A type that has a name of its own. */
export interface NamedType {
  /** On the wire: `PageOfUser`. */
  readonly name: string;
  readonly symbol: ts.Symbol;
  readonly args: readonly ts.Type[];
  /** TypeScript, where it can be named from outside. */
  readonly type: TypeText | undefined;
  readonly home: string | undefined;
  readonly location: Location;
}

/** What an anonymous type is known by. Two owners may come to one name; then both messages exist, and validate says so. */
export function ownerKey(place: Place): string {
  return `${place.name} at ${plainText(place.path)}`;
}
