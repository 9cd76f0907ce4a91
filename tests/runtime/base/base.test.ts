/** Errors, ids and limits: what everything else stands on. */
import { describe, expect, it } from "@jest/globals";
import { CallError, ClosedError, errorFrom } from "../../../runtime/base/errors.js";
import { DEFAULT_LIMITS, resolveLimits } from "../../../runtime/base/limits.js";

describe("errorFrom", () => {
  it("gives back an error, and makes one of whatever else was thrown", () => {
    const error = new TypeError("x");
    expect(errorFrom(error)).toBe(error);
    const messages = ["text", undefined, null, 5, Symbol("s"), { a: 1 }, () => 1].map((one) => errorFrom(one).message);
    expect(messages.slice(0, 6)).toEqual([
      "text",
      "thrown: undefined",
      "thrown: null",
      "thrown: 5",
      "thrown: Symbol(s)",
      "thrown: [object Object]",
    ]);
  });

  it("says by default that a call may have been dispatched", () => {
    expect(new ClosedError("session-closed", "").dispatched).toBe("maybe");
    expect(new CallError("ABORTED", "m", { cause: 5, remoteName: "E" })).toMatchObject({ cause: 5, remoteName: "E" });
  });
});

describe("resolveLimits", () => {
  it("has every limit on, and takes overrides", () => {
    for (const value of Object.values(DEFAULT_LIMITS)) expect(value).toBeGreaterThan(0);
    expect(resolveLimits({ maxNesting: 5 })).toEqual({ ...DEFAULT_LIMITS, maxNesting: 5 });
    expect(resolveLimits({ maxExports: Infinity }).maxExports).toBe(Infinity);
  });

  it.each([-1, Number.NaN, "5", undefined, null])("refuses %p", (value) => {
    expect(() => resolveLimits({ maxNesting: value as number })).toThrow(/^limits\.maxNesting is/);
  });

  it("refuses a name that is no limit", () => {
    expect(() => resolveLimits({ maxNestign: 5 } as object)).toThrow("limits.maxNestign is not a limit");
  });
});
