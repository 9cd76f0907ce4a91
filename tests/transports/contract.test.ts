/** What every carrier owes (runtime/bytes/transport.ts), asked of each of ours. */
import { afterEach, describe, expect, it } from "@jest/globals";
import type { Transport } from "../../runtime/bytes/transport.js";
import { watch } from "../support/transport-watcher.js";
import { exchange, expected } from "./bulk.js";
import { PAIRS, type Pair } from "./carriers.js";

describe.each(PAIRS)("a $name transport", ({ connect }) => {
  const open: Transport[] = [];
  afterEach(() => {
    for (const transport of open.splice(0)) transport.destroy();
  });
  async function pair(): Promise<Pair> {
    const both = await connect();
    open.push(...both);
    return both;
  }

  it("delivers bytes in order and never from inside write", async () => {
    const [left, right] = await pair();
    const [, seen] = [watch(left), watch(right)];
    left.write(Buffer.from("one "));
    left.write(Buffer.from("two"));
    expect(seen.text).toBe("");
    await seen.until(() => seen.text === "one two");
  });

  it("T10: two ends that answer each other 1000 times do not grow the stack", async () => {
    const [left, right] = await pair();
    let deepest = 0;
    const depth = (): number => (new Error().stack ?? "").split("\n").length;
    const answer = (from: Transport) => (chunk: Uint8Array) => {
      if (seen.bytes % 50 === 49) deepest = Math.max(deepest, depth()); // a stack takes half a millisecond to write down
      if (chunk[0] !== undefined && seen.bytes < 1000) from.write(Uint8Array.of(1));
    };
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 100;
    const seen = watch(left, { onData: answer(left) });
    watch(right, { onData: answer(right) });
    left.write(Uint8Array.of(1));
    await seen.until(() => seen.bytes >= 1000);
    Error.stackTraceLimit = limit;
    expect(deepest).toBeGreaterThan(0);
    expect(deepest).toBeLessThan(40);
  });

  it("ends one direction after everything written, while the other goes on", async () => {
    const [left, right] = await pair();
    const [mine, theirs] = [watch(left), watch(right)];
    left.write(new Uint8Array(300_000));
    left.end();
    await theirs.until(() => theirs.hasEnded);
    expect([theirs.bytes, theirs.closes.length]).toEqual([300_000, 0]);
    right.write(Buffer.from("after your end"));
    right.end();
    await mine.until(() => mine.closes.length > 0);
    await theirs.until(() => theirs.closes.length > 0);
    expect([mine.text, mine.closes, theirs.closes]).toEqual(["after your end", [undefined], [undefined]]);
  });

  it("T04: says when there is enough, and when there is room again", async () => {
    const [left, right] = await pair();
    const mine = watch(left);
    let written = 0;
    while (left.write(new Uint8Array(64 * 1024))) written += 64 * 1024;
    expect(written).toBeLessThanOrEqual(16 * 1024 * 1024);
    const theirs = watch(right);
    await mine.until(() => mine.drains > 0);
    await theirs.until(() => theirs.bytes === written + 64 * 1024);
  });

  it("T03: destroy from inside onData, repeated, tells each end exactly once", async () => {
    const [left, right] = await pair();
    const mine = watch(left);
    const theirs = watch(right, {
      onData: () => {
        right.destroy(new Error("enough"));
        right.destroy();
      },
    });
    left.write(Buffer.from("x"));
    await mine.until(() => mine.closes.length > 0 || mine.hasEnded);
    left.destroy();
    await mine.until(() => mine.closes.length > 0);
    await theirs.until(() => theirs.closes.length > 0);
    expect([mine.closes.length, theirs.closes.length]).toEqual([1, 1]);
    expect(theirs.closes[0]).toMatchObject({ message: "enough" });
  });

  it("drops what is written after end or destroy", async () => {
    const [left, right] = await pair();
    const theirs = watch(right);
    watch(left);
    left.end();
    expect(left.write(Buffer.from("late"))).toBe(false);
    await theirs.until(() => theirs.hasEnded);
    right.destroy();
    expect([right.write(Buffer.from("late")), theirs.text]).toEqual([false, ""]);
    right.end();
    await theirs.until(() => theirs.closes.length === 1);
  });

  it("delivers what was written before the other end was started", async () => {
    const [left, right] = await pair();
    left.write(Buffer.from("early"));
    left.end();
    await new Promise(setImmediate);
    const theirs = watch(right);
    await theirs.until(() => theirs.hasEnded);
    expect(theirs.text).toBe("early");
    expect(() => watch(right)).toThrow("started already");
  });

  it("carries 4 MiB both ways at once, whole and in order", async () => {
    const [left, right] = await pair();
    const bytes = 4 * 1024 * 1024 + 5;
    expect(await exchange([left, right], bytes)).toEqual([expected(bytes, 2), expected(bytes, 1)]);
  });
});
