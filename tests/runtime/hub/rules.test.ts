/** The rules of the hub, without any connection. */
import { describe, expect, it } from "@jest/globals";
import { ClosedError, ProtocolError } from "peerwire";
import { BoundedQueue } from "../../../runtime/hub/bounded-queue.js";
import { reasonOf } from "../../../runtime/hub/disconnect.js";
import { type NamePolicy, PluginNames } from "../../../runtime/hub/plugin-names.js";
import { Waiters } from "../../../runtime/hub/waiters.js";
import { VirtualClock } from "../../../runtime/testing/virtual-clock.js";

describe("PluginNames", () => {
  function claims(policy: NamePolicy, ...names: string[]): (string | undefined)[] {
    const all = new PluginNames<object>(policy);
    return names.map((name) => all.claim(name, {})?.id);
  }

  it("rejects, renames, replaces or groups", () => {
    expect(claims("reject", "a", "a", "b")).toEqual(["a", undefined, "b"]);
    expect(claims("rename", "a", "a", "a", "a-2")).toEqual(["a", "a-2", "a-3", "a-2-2"]);
    expect(claims({ rename: (name, attempt) => name + "!".repeat(attempt) }, "a", "a")).toEqual(["a", "a!!"]);
    expect(claims("replace", "a", "a")).toEqual(["a", "a"]);
    expect(claims("group", "a", "a", "b")).toEqual(["a#1", "a#2", "b#3"]);
  });

  it("refuses once a sequencer has had its attempts", () => {
    expect(claims({ rename: () => "a" }, "a", "a")).toEqual(["a", undefined]);
  });

  it("takes a name only from its owner", () => {
    const names = new PluginNames<object>("replace");
    const [old, young] = [{}, {}];
    names.claim("a", old);
    names.claim("a", young);
    names.release(old);
    const strict = new PluginNames<object>("reject");
    strict.claim("a", old);
    strict.release(young);
    expect(strict.claim("a", young)).toBeUndefined();
    strict.release(old);
    expect(strict.claim("a", young)).toEqual({ id: "a", name: "a" });
  });

  it("X02: takes any text for a name", () => {
    const odd = ["__proto__", "constructor", "then", "toString", "hasOwnProperty"];
    expect(claims("reject", ...odd)).toEqual(odd);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe("BoundedQueue", () => {
  function fill(whenFull: "block" | "drop-oldest" | "drop-newest"): { kept: number[]; dropped: number } {
    const queue = new BoundedQueue<number>({ capacity: 3, whenFull });
    for (let i = 1; i <= 5; i++) queue.push(i);
    const kept: number[] = [];
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) kept.push(item);
    return { kept, dropped: queue.dropped };
  }

  it("refuses, or drops and counts, past its capacity", () => {
    expect(fill("block")).toEqual({ kept: [1, 2, 3], dropped: 0 });
    expect(fill("drop-oldest")).toEqual({ kept: [3, 4, 5], dropped: 2 });
    expect(fill("drop-newest")).toEqual({ kept: [1, 2, 3], dropped: 2 });
    expect(() => new BoundedQueue({ capacity: 0 })).toThrow(RangeError);
  });

  it("keeps order through thousands, and its memory small", () => {
    const queue = new BoundedQueue<number>({ capacity: 10 });
    for (let i = 0; i < 5000; i++) {
      queue.push(i);
      if (i >= 5) expect(queue.shift()).toBe(i - 5);
    }
    expect(queue.size).toBe(5);
  });
});

describe("Waiters", () => {
  it("leave nothing behind, whatever ends them", async () => {
    const clock = new VirtualClock();
    const waiters = new Waiters<string>(clock);
    const abort = new AbortController();
    const some = [
      waiters.wait("a plugin", (value) => value === "a", {}),
      waiters.wait("a plugin", () => false, { timeoutMs: 100 }),
      waiters.wait("a plugin", () => false, { signal: abort.signal }),
      waiters.wait("a plugin", () => false, { timeoutMs: 1000, signal: abort.signal }),
    ];
    const ends = Promise.allSettled(some);
    waiters.tell("b");
    expect(waiters.size).toBe(4);
    waiters.tell("a");
    clock.advance(100);
    abort.abort();
    expect(await ends).toMatchObject([
      { value: "a" },
      { reason: { code: "DEADLINE_EXCEEDED" } },
      { reason: { code: "CANCELLED" } },
      { reason: { code: "CANCELLED" } },
    ]);
    expect([waiters.size, clock.pending]).toEqual([0, 0]);
  });
});

describe("reasonOf", () => {
  it.each([
    [new ClosedError("session-closed", ""), "pluginStopped"],
    [new ClosedError("transport-closed", ""), "transportLost"],
    [new ClosedError("write-timeout", ""), "transportLost"],
    [new ClosedError("keepalive-timeout", ""), "heartbeat"],
    [new ProtocolError("bad-instruction", ""), "protocolError"],
    [new Error(""), "transportLost"],
  ])("%#: %s", (error, reason) => {
    expect(reasonOf(error)).toBe(reason);
  });
});
