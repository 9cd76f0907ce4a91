/** The rules of connections that last, without any connection. */
import { describe, expect, it } from "@jest/globals";
import { CallError, ClosedError, ProtocolError, isWorthRetrying } from "peerwire";
import { Backoff } from "../../../runtime/connections/backoff.js";
import { LeastBusy } from "../../../runtime/connections/least-busy.js";
import { Outliers } from "../../../runtime/connections/outliers.js";

describe("Backoff", () => {
  it("doubles its ceiling up to 30 s, and waits anywhere beneath it", () => {
    const longest = new Backoff({}, () => 1);
    expect(Array.from({ length: 9 }, () => longest.next())).toEqual([
      500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000,
    ]);
    const shortest = new Backoff({}, () => 0);
    expect([shortest.next(), shortest.next()]).toEqual([0, 0]);
    longest.reset();
    expect(longest.next()).toBe(500);
  });

  it("stays at its longest however often it fails", () => {
    const backoff = new Backoff({ maxDelayMs: 1000 }, () => 1);
    for (let i = 0; i < 5000; i++) backoff.next();
    expect(backoff.next()).toBe(1000);
  });
});

describe("LeastBusy", () => {
  it("takes the member with the fewest calls, and turns among equals", () => {
    const turns = new LeastBusy();
    const loads = new Map([
      ["a", 1],
      ["b", 0],
      ["c", 0],
    ]);
    const names = [...loads.keys()];
    const chosen = Array.from({ length: 6 }, () => turns.choose(names, (name) => loads.get(name)!));
    expect(chosen.filter((name) => name === "a")).toEqual([]);
    expect(new Set(chosen)).toEqual(new Set(["b", "c"]));
    const equals = Array.from({ length: 6 }, () => turns.choose(names, () => 7));
    expect(equals).toEqual(["a", "b", "c", "a", "b", "c"]);
    expect(turns.choose([], () => 0)).toBeUndefined();
  });
});

describe("Outliers", () => {
  it("leaves an address out after 5 failures in a row, for 30 s, then for a minute", () => {
    const outliers = new Outliers(2);
    for (let i = 0; i < 4; i++) outliers.onFailure(0, 0);
    outliers.onSuccess(0);
    for (let i = 0; i < 4; i++) outliers.onFailure(0, 0);
    expect(outliers.isOut(0, 0)).toBe(false);
    outliers.onFailure(0, 0);
    expect([outliers.isOut(0, 29_999), outliers.isOut(0, 30_000)]).toEqual([true, false]);
    for (let i = 0; i < 5; i++) outliers.onFailure(0, 30_000);
    expect([outliers.isOut(0, 89_999), outliers.isOut(0, 90_000)]).toEqual([true, false]);
  });

  it("never leaves out more than half", () => {
    const outliers = new Outliers(3);
    for (let address = 0; address < 3; address++) for (let i = 0; i < 5; i++) outliers.onFailure(address, 0);
    expect([0, 1, 2].map((address) => outliers.isOut(address, 1))).toEqual([true, false, false]);
    const single = new Outliers(1);
    for (let i = 0; i < 50; i++) single.onFailure(0, 0);
    expect(single.isOut(0, 1)).toBe(false);
  });
});

describe("isWorthRetrying", () => {
  it.each([
    [new ClosedError("transport-closed", ""), true],
    [new ClosedError("keepalive-timeout", ""), true],
    [new ClosedError("handshake-failed", ""), true],
    [Object.assign(new Error(""), { code: "ECONNREFUSED" }), true],
    [new CallError("UNAVAILABLE", ""), true],
    [new CallError("RESOURCE_EXHAUSTED", ""), true],
    [new ClosedError("session-closed", "", { cause: new CallError("UNAVAILABLE", "") }), true],
    [new CallError("UNAUTHENTICATED", ""), false],
    [new ClosedError("session-closed", "", { cause: new CallError("PERMISSION_DENIED", "") }), false],
    [new CallError("FAILED_PRECONDITION", ""), false],
    [new ProtocolError("bad-hello", ""), false],
    [new TypeError(""), false],
  ])("of %s (%#): %s", (error, expected) => {
    expect(isWorthRetrying(error)).toBe(expected);
  });
});
