/** What the author says beside a property or member: its documentation, and the tags that steer its number. */
import type { ts } from "ts-morph";
import type { MemberKind, MemberModel } from "../../model/api-model.js";
import { typeName } from "../../model/wire-names.js";
import type { Context } from "./context.js";
import { firstParagraph, jsdocOf, tagIn } from "./nodes.js";

/** `@field N`, `@was name`, `@deprecated` and the documentation of a property or method. */
export function tagOptions(
  context: Context,
  symbol: ts.Symbol,
  declarations: readonly ts.Declaration[] = symbol.declarations ?? [],
): { documentation: string | undefined; deprecated: boolean; pinned: number | undefined; was: string | undefined } {
  const pin = tagIn(declarations, "field");
  const was = tagIn(declarations, "was");
  let pinned: number | undefined;
  if (pin) {
    pinned = /^[1-9]\d*$/.test(pin.text) ? Number(pin.text) : 0;
    if (pinned < 1 || pinned > 0x1fffffff || (pinned >= 19000 && pinned <= 19999)) {
      context.report(
        "PW1503",
        context.locate(pin.node),
        `@field ${pin.text}: not a field number`,
        "write a number from 1 to 536870911, and not 19000 to 19999",
      );
      pinned = undefined;
    }
  }
  return {
    documentation: firstParagraph(symbol, context.checker),
    deprecated: tagIn(declarations, "deprecated") !== undefined,
    pinned,
    was: was && was.text.split(/\s/)[0]!,
  };
}

/** What inline types of a property or member are named by: the name that it had, where it has another one now. Theirs stay. */
export function schemaName(symbol: ts.Symbol): string {
  const was = tagIn(symbol.declarations ?? [], "was");
  return typeName(was?.text.split(/\s/)[0] ?? symbol.name);
}

/** What a remote member is called in the schema, and what its declaration says: of a property, reading and writing differ. */
export function memberTags(
  context: Context,
  symbol: ts.Symbol,
  declaration: ts.Declaration,
  kind: MemberKind,
): Pick<MemberModel, "rpcName" | "jsdoc" | "documentation" | "deprecated" | "idempotent" | "pinned" | "was"> {
  const rpcName = (name: string): string => RPC_PREFIX[kind] + typeName(name);
  const { documentation, deprecated, pinned, was } = tagOptions(context, symbol, [declaration]);
  const jsdoc = jsdocOf(declaration);
  return {
    rpcName: rpcName(symbol.name),
    ...(jsdoc !== undefined && { jsdoc }),
    ...(documentation !== undefined && { documentation }),
    ...(deprecated && { deprecated }),
    ...(tagIn([declaration], "idempotent") !== undefined && { idempotent: true }),
    ...(pinned !== undefined && { pinned }),
    ...(was !== undefined && { was: rpcName(was) }),
  };
}

const RPC_PREFIX: Readonly<Record<MemberKind, string>> = { call: "", get: "Get", set: "Set", construct: "New" };
