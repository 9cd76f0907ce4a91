/**
 * What a session is told at its start, and what it tells about itself: options, end, stats. No behaviour (session.ts).
 */
import type { Clock } from "../base/clock.js";
import type { Limits } from "../base/limits.js";
import type { FrameHeader } from "../frames/header.js";
import type { SessionStream } from "./contract.js";
import type { RoundTripTimes } from "./round-trips.js";
import type { Role } from "./stream-table.js";

export interface SessionOptions {
  /** Which end this is: the ids of its streams are odd ("client") or even ("server"). */
  role: Role;
  /** A stream that the peer opened, acknowledged already. Throws or rejects: that stream is reset. Without it: accept(). */
  onStream?: (stream: SessionStream) => void | Promise<void>;
  limits?: Partial<Limits>;
  clock?: Clock;
  /** Frame log. `header` is reused for the next inbound frame: copy what is to be kept. */
  onFrame?: (direction: "in" | "out", header: Readonly<FrameHeader>) => void;
  /** The peer opens no more streams and accepts none (code 0), or ended the session for a reason (other codes). */
  onGoAway?: (code: number) => void;
  /** When a turn is over; by default setImmediate, in browsers a MessageChannel. */
  schedule?: (task: () => void) => void;
  /** Only for tests of exhaustion: where the ids of our own streams start. */
  firstStreamId?: number;
}

/** How a session ended. Neither `local` nor `remote`: both sides said goodbye. */
export interface SessionEnd {
  /** Why this side ended it. */
  local?: Error;
  /** What the other side, or the connection, ended it with. */
  remote?: Error;
  /** The code of the peer's GoAway, where there was one. */
  goAwayCode?: number;
}

export interface SessionStats {
  streams: number;
  inboundStreams: number;
  bytesIn: number;
  bytesOut: number;
  framesIn: number;
  framesOut: number;
  /** Written by streams and not yet handed to the transport. */
  queuedBytes: number;
  /** Undefined until a ping has been answered. */
  roundTrip: RoundTripTimes | undefined;
}
