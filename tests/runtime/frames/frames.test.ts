/** The floor of frames by itself: bytes to frames and back, without sessions. */
import { describe, expect, it } from "@jest/globals";
import { FrameReader, type FrameReceiver } from "../../../runtime/frames/frame-reader.js";
import { FrameWriter } from "../../../runtime/frames/frame-writer.js";
import { FrameType } from "../../../runtime/frames/header.js";
import { data, join, parseFrames, ping, rawFrame } from "../../support/frames.js";
import { seeded } from "../../support/seeded.js";

/** Everything that a reader tells, as text. */
function reading(): { told: string[]; reader: FrameReader } {
  const told: string[] = [];
  const receiver: FrameReceiver = {
    onHeader: ({ type, flags, streamId, length }) => told.push(`${type}/${flags}/${streamId}/${length}`),
    onPayload: (chunk) => told.push(Buffer.from(chunk).toString()),
    onDataEnd: () => told.push("end"),
  };
  return { told, reader: new FrameReader(receiver) };
}

describe("FrameReader", () => {
  it("tells the same, payload joined, however the bytes are split", () => {
    const bytes = join(data(1, "hello", 1), ping(7), data(3), data(5, "world"));
    for (let at = 0; at <= bytes.length; at++) {
      const { told, reader } = reading();
      reader.push(bytes.subarray(0, at));
      reader.push(bytes.subarray(at));
      expect(told.join(" ").replace(/(\w) (?=\w+ end)/g, "$1")).toContain("end");
      expect(told.filter((entry) => entry.includes("/"))).toEqual(["0/1/1/5", "2/1/0/7", "0/0/3/0", "0/0/5/5"]);
      expect(told.filter((entry) => !entry.includes("/") && entry !== "end").join("")).toBe("helloworld");
      expect(reader.isMidFrame).toBe(false);
    }
  });

  it("announces a header before any of its payload is there, and knows that it is in the middle", () => {
    const { told, reader } = reading();
    reader.push(rawFrame(0, FrameType.data, 0, 9, 0xffffffff));
    expect([told, reader.isMidFrame]).toEqual([["0/0/9/4294967295"], true]);
  });

  it.each([
    [1, 0, "bad-version"],
    [0, 4, "bad-frame-type"],
  ])("refuses version %i, type %i with %s, and reads nothing more", (version, type, code) => {
    const { told, reader } = reading();
    expect(() => reader.push(join(rawFrame(version, type, 0, 0, 0), ping(1)))).toThrow(
      expect.objectContaining({ code }),
    );
    reader.push(ping(2));
    expect(told).toEqual([]);
  });
});

describe("FrameWriter", () => {
  it("takes back the DATA of one stream, and leaves every other frame as it was", () => {
    const random = seeded(12);
    for (let run = 0; run < 50; run++) {
      const writer = new FrameWriter();
      const expected: Uint8Array[] = [];
      for (let i = 0; i < 12; i++) {
        const id = 1 + 2 * random.int(0, 2);
        const payload = new Uint8Array(random.int(0, 199)).fill(i);
        expect(writer.makeRoom(12 + payload.length)).toBe(true);
        const isData = random.int(0, 2) > 0;
        writer.header(isData ? FrameType.data : FrameType.windowUpdate, 0, id, payload.length);
        if (isData) writer.append(payload, 0, payload.length);
        if (!isData) expected.push(rawFrame(0, FrameType.windowUpdate, 0, id, payload.length));
        else if (id !== 3) expected.push(data(id, payload));
      }
      writer.withdrawData(3);
      expect(join(...writer.take())).toEqual(join(...expected));
    }
  });

  it("has room while everything lies in one piece, and begins another piece only when nothing is written", () => {
    const writer = new FrameWriter();
    expect([writer.makeRoom(100), writer.makeRoom(100_000)]).toEqual([true, true]);
    writer.header(FrameType.data, 0, 1, 0);
    expect([writer.makeRoom(99_988), writer.makeRoom(99_989)]).toEqual([true, false]);
  });

  it("refers to large payloads, copies small ones, and keeps their order", () => {
    const random = seeded(4);
    for (let run = 0; run < 50; run++) {
      const writer = new FrameWriter();
      const expected: Uint8Array[] = [];
      const large: Uint8Array[] = [];
      for (let i = 0; i < 20; i++) {
        const payload = random.bytes(random.chance(0.5) ? random.int(1, 64) : random.int(4096, 40_000));
        if (payload.length >= 4096) large.push(payload);
        writer.header(FrameType.data, 0, i, payload.length);
        writer.refer(payload, 0, payload.length);
        expected.push(data(i, payload));
      }
      const bytes = writer.bytes;
      const chunks = writer.take();
      expect(Buffer.concat(chunks).equals(join(...expected))).toBe(true);
      expect([bytes, writer.bytes, writer.take().length]).toEqual([join(...expected).length, 0, 0]);
      expect(large.every((payload) => chunks.includes(payload))).toBe(true);
    }
  });

  it("never writes again into what it has handed over", () => {
    const writer = new FrameWriter();
    const taken: Uint8Array[] = [];
    for (let i = 0; i < 3000; i++) {
      writer.header(FrameType.ping, 1, 0, i);
      taken.push(...writer.take());
    }
    expect(parseFrames(join(...taken)).map((frame) => frame.length)).toEqual(Array.from({ length: 3000 }, (_, i) => i));
  });
});
