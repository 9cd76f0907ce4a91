/**
 * What a session and a stream offer to the floors above (messages/ and mux.ts). Written down apart from the classes so
 * that a floor above can be tested on an in-memory stand-in.
 */
import type { StreamId } from "../base/ids.js";
import type { StreamState } from "./stream-state.js";

/** What a stream tells its reader. */
export interface StreamReceiver {
  /**
   * Bytes arrived, in order. The view is valid only until this returns. They count against the stream's window until
   * `stream.consume(n)` gives them back, so a reader that keeps bytes holds the sender back by just that much.
   */
  onData(chunk: Uint8Array): void;
  /** The peer half-closed: no more data follows. Our own side may still write. */
  onEnd(): void;
  /** Room again after `write` returned false. */
  onDrain(): void;
  /** The stream is over in both directions: undefined after two half-closes, else why. Exactly once, last. */
  onClose(error: Error | undefined): void;
}

/** A chunk of so many bytes or fewer may be used again as soon as `write` has returned. */
export const COPIED_WRITE_BYTES = 512;

/** One ordered stream of bytes with its own credit in each direction. */
export interface StreamLike {
  readonly id: StreamId;
  /** Starts delivery. What arrived before is delivered from inside this call. Called once. */
  receive(receiver: StreamReceiver): void;
  /** Gives back window for bytes that the application is done with. */
  consume(bytes: number): void;
  /**
   * Queues bytes: up to COPIED_WRITE_BYTES are copied, more may be kept, so that a larger `chunk` must not change
   * afterwards. Small writes of one turn share one DATA frame. After the end or a reset the bytes are dropped (onClose told why).
   * @returns false when more is queued than the window and the transport will take soon: wait for onDrain.
   */
  write(chunk: Uint8Array): boolean;
  /** Half-closes after everything written. */
  end(): void;
  /** Ends both directions at once; what is queued is dropped. onClose follows with code "stream-reset". */
  reset(): void;
}

/** A stream that knows what waits in it. */
export interface QueuedStream extends StreamLike {
  /** Bytes written and not yet handed to the transport. */
  readonly queuedBytes: number;
  /** What was written leaves now, not at the end of the turn: where nothing else waits, and the transport has room. */
  flush(): void;
  /** What was written in this turn only says what is to come on other streams: none of that is held back for its sake. */
  announceBulk(): void;
}

/** A stream as its session gives it to the application. What the session itself asks of it is in stream.ts. */
export interface SessionStream extends QueuedStream {
  readonly state: StreamState;
  /** Whether the peer has accepted the stream; always true of one that the peer opened. */
  readonly isAcknowledged: boolean;
  /** Bytes that the peer lets us send now. */
  readonly sendCredit: number;
  /** What the peer may have under way and unread here: it grows on a long, fast link. */
  readonly receiveWindowBytes: number;
  /** As `reset`, with the error that onClose is to bring. */
  abort(error: Error): void;
}
