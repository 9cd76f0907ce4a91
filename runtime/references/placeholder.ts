/**
 * What stands for results while `map` records its callback. They are not values: printing, comparing, computing with or
 * awaiting one would be about nothing, so each says what to do instead.
 */
import { CallError } from "../base/errors.js";
import type { ResultList, ResultReference } from "./service.js";

const COERCIONS = ["toString", "toLocaleString", "valueOf", "toJSON", Symbol.toPrimitive, Symbol.iterator] as const;
const AWAITS = ["then", "catch", "finally"] as const;
const TAG = { value: "a recorded result, not known yet", configurable: true };

/** Gives a placeholder its refusals. Members of its interface stay as they are. */
export function refuseCoercion<T extends object>(placeholder: T, what: string): T {
  const refuse = (names: readonly PropertyKey[], why: string): void => {
    for (const name of names) {
      if (Reflect.get(placeholder, name) !== Reflect.get(Object.prototype, name)) continue;
      const value = (): never => {
        throw new CallError("FAILED_PRECONDITION", `map records its callback: ${what} ${why}`, { dispatched: "no" });
      };
      Object.defineProperty(placeholder, name, { value, configurable: true });
    }
  };
  refuse(
    COERCIONS,
    "is not known yet, so it cannot be printed, compared or computed with; return it, and use what map gives",
  );
  refuse(AWAITS, "cannot be awaited; call on it, or return it, and await what map gives");
  refuse(["map"], "cannot be mapped over; return it, and map over what map gives");
  return Object.defineProperty(placeholder, Symbol.toStringTag, TAG);
}

/**
 * What stands for a value that is no reference: it has the references that the value has.
 * @param lists  those of the value, by the properties that lead to them: they are there to say what they cannot do.
 */
export function placeholderValue(
  what: string,
  references: readonly ResultReference[],
  lists: readonly ResultList[],
  stub: (reference: ResultReference) => object,
): object {
  const value = refuseCoercion({}, `the result of ${what}`);
  for (const reference of references) {
    let known: object | undefined;
    define(value, reference.properties, () => (known ??= stub(reference)));
  }
  for (const { properties } of lists) {
    const list = refuseCoercion({}, `the list in the result of ${what}`);
    if (properties.length > 0) define(value, properties, () => list);
  }
  return value;
}

function define(value: object, properties: readonly string[], get: () => object): void {
  let node = value;
  for (const name of properties.slice(0, -1)) {
    if (!Object.hasOwn(node, name)) Object.defineProperty(node, name, { value: {}, configurable: true });
    node = Reflect.get(node, name) as object;
  }
  Object.defineProperty(node, properties.at(-1)!, { get, configurable: true });
}
