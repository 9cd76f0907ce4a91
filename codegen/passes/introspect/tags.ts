/** What the author says beside a property or member: its documentation, and the tags that steer its number. */
import type { ts } from "ts-morph";
import type { Context } from "./context.js";
import { firstParagraph, symbolTag } from "./nodes.js";

/** `@field N`, `@was name`, `@deprecated` and the documentation of a property or method. */
export function tagOptions(
  context: Context,
  symbol: ts.Symbol,
): { documentation: string | undefined; deprecated: boolean; pinned: number | undefined; was: string | undefined } {
  const pin = symbolTag(symbol, "field");
  const was = symbolTag(symbol, "was");
  let pinned: number | undefined;
  if (pin) {
    pinned = /^[1-9]\d*$/.test(pin.text) ? Number(pin.text) : 0;
    if (pinned < 1 || pinned > 0x1fffffff || (pinned >= 19000 && pinned <= 19999)) {
      context.problems.error(
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
    deprecated: symbolTag(symbol, "deprecated") !== undefined,
    pinned,
    was: was && was.text.split(/\s/)[0]!,
  };
}
