/** Frames by hand: built for a scripted peer to send, and taken apart again from what a session sent. */
import { Flag, FrameType } from "../../runtime/frames/header.js";

export interface SentFrame {
  readonly type: "data" | "window" | "ping" | "goAway";
  readonly flags: string; // such as "syn", "ack|fin", ""
  readonly id: number;
  /** Payload bytes, credit, opaque value or code. */
  readonly length: number;
  readonly payload?: string;
}

/** Written with a DataView on purpose: a twin of frames/header.ts that shares no code with it. */
export function rawFrame(version: number, type: number, flags: number, id: number, length: number): Uint8Array {
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, version);
  view.setUint8(1, type);
  view.setUint16(2, flags);
  view.setUint32(4, id);
  view.setUint32(8, length);
  return bytes;
}

export function data(id: number, payload: string | Uint8Array = "", flags = 0): Uint8Array {
  const body = typeof payload === "string" ? Buffer.from(payload) : payload;
  return join(rawFrame(0, FrameType.data, flags, id, body.length), body);
}
export function windowUpdate(id: number, delta: number, flags = 0): Uint8Array {
  return rawFrame(0, FrameType.windowUpdate, flags, id, delta);
}
export function syn(id: number, delta = 0): Uint8Array {
  return windowUpdate(id, delta, Flag.syn);
}
export function ack(id: number, delta = 0): Uint8Array {
  return windowUpdate(id, delta, Flag.ack);
}
export function fin(id: number): Uint8Array {
  return windowUpdate(id, 0, Flag.fin);
}
export function rst(id: number): Uint8Array {
  return windowUpdate(id, 0, Flag.rst);
}
export function ping(opaque: number, flags: number = Flag.syn, id = 0): Uint8Array {
  return rawFrame(0, FrameType.ping, flags, id, opaque);
}
export function goAway(code: number): Uint8Array {
  return rawFrame(0, FrameType.goAway, 0, 0, code);
}

export function join(...chunks: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(chunks));
}

export function repeat(frame: Uint8Array, count: number): Uint8Array {
  const all = new Uint8Array(frame.length * count);
  for (let i = 0; i < count; i++) all.set(frame, i * frame.length);
  return all;
}

const TYPES = ["data", "window", "ping", "goAway"] as const;

/** @throws where the bytes do not end with a frame. */
export function parseFrames(bytes: Uint8Array): SentFrame[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frames: SentFrame[] = [];
  let at = 0;
  while (at < bytes.length) {
    const type = TYPES[view.getUint8(at + 1)]!;
    const bits = view.getUint16(at + 2);
    const flags = (["syn", "ack", "fin", "rst"] as const).filter((name) => bits & Flag[name]).join("|");
    const frame = { type, flags, id: view.getUint32(at + 4), length: view.getUint32(at + 8) };
    at += 12;
    if (type !== "data") frames.push(frame);
    else {
      if (at + frame.length > bytes.length) throw new Error("the last frame is cut off");
      frames.push({ ...frame, payload: Buffer.from(bytes.subarray(at, at + frame.length)).toString("latin1") });
      at += frame.length;
    }
  }
  return frames;
}
