import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { ByteQueue } from "../../../runtime/bytes/byte-queue.js";

describe("ByteQueue", () => {
  it("gives exactly what is asked for, or nothing", () => {
    const queue = new ByteQueue();
    queue.push(Uint8Array.of(1, 2));
    queue.push(Uint8Array.of(3));
    expect(queue.take(4)).toBeUndefined();
    expect(queue.take(3)).toEqual(Uint8Array.of(1, 2, 3));
    expect([queue.bytes, queue.take(0), queue.takeChunk()]).toEqual([0, new Uint8Array(0), undefined]);
  });

  it("gives a view where the bytes lie in one chunk", () => {
    const queue = new ByteQueue();
    const chunk = Uint8Array.of(1, 2, 3);
    queue.push(chunk);
    expect(queue.take(2)?.buffer).toBe(chunk.buffer);
  });

  it("is the same as one long array, whatever the chunks", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 9 })), fc.array(fc.nat(12)), (chunks, takes) => {
        const queue = new ByteQueue();
        for (const chunk of chunks) queue.push(chunk);
        let rest = Buffer.concat(chunks);
        for (const count of takes) {
          const taken = queue.take(count);
          expect(taken === undefined).toBe(count > rest.length);
          if (!taken) continue;
          expect(Buffer.from(taken).equals(rest.subarray(0, count))).toBe(true);
          rest = rest.subarray(count);
        }
        expect(queue.bytes).toBe(rest.length);
      }),
    );
  });

  it("takes a hundred thousand chunks one by one without copying the rest each time", () => {
    const queue = new ByteQueue();
    for (let i = 0; i < 100_000; i++) queue.push(Uint8Array.of(i & 0xff));
    let sum = 0;
    for (let chunk = queue.take(1); chunk; chunk = queue.take(1)) sum += chunk[0]!;
    expect([sum, queue.bytes]).toEqual([12742320, 0]);
    expect(queue.takeChunk()).toBeUndefined();
  });
});
