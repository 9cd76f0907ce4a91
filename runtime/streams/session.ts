/**
 * One multiplexed connection, as its owner sees it. What it does inside is session-core.ts.
 * Source: docs/mux.md; the wire is yamux, version 0, as hashicorp/yamux specifies it.
 */
import { resolveLimits } from "../base/limits.js";
import type { Transport } from "../bytes/transport.js";
import { AcceptQueue } from "./accept-queue.js";
import type { SessionStream } from "./contract.js";
import { SessionCore } from "./session-core.js";
import type { SessionEnd, SessionOptions, SessionStats } from "./session-contract.js";

export class Session {
  readonly #core: SessionCore;
  readonly #queue: AcceptQueue;

  /** Starts the transport; it belongs to the session from here on. */
  constructor(transport: Transport, options: SessionOptions) {
    this.#queue = new AcceptQueue(resolveLimits(options.limits).acceptBacklog);
    this.#core = new SessionCore(transport, options, this.#queue);
  }

  /** Resolves once the connection is gone. Never rejects. */
  get closed(): Promise<SessionEnd> {
    return this.#core.closed;
  }

  /**
   * Opens a stream: its id is fixed now, its SYN leaves with this turn, or later where too many of ours are unacknowledged.
   * @throws {ClosedError} "session-draining" after a GoAway, "session-closed" after the end.
   * @throws {LimitError} "streams-exhausted": ids are used up, only a new session helps.
   */
  open(): SessionStream {
    return this.#core.open();
  }

  /**
   * The next stream that the peer opened, for sessions without `onStream`. Rejects with ClosedError after the end, or
   * with the reason of `signal`; then the stream is for the next who asks.
   */
  accept(options: { readonly signal?: AbortSignal } = {}): Promise<SessionStream> {
    return this.#queue.take(options.signal);
  }

  /** Milliseconds there and back. Calls made while one is under way share its answer. Rejects with ClosedError after the end. */
  ping(): Promise<number> {
    return this.#core.ping();
  }

  /** Tells the peer that its new streams are refused from now on. Those that exist go on. */
  goAway(): void {
    this.#core.goAway();
  }

  /**
   * Says goodbye: GoAway(0), everything that was written so far, then the end of the connection. Harmless when repeated.
   * @param options.graceMs  how long streams may take to finish first; those that have not by then are reset.
   */
  close(options: { readonly graceMs?: number } = {}): Promise<SessionEnd> {
    return this.#core.close(options.graceMs ?? 0);
  }

  /**
   * Ends the session for a reason. A ProtocolError is the peer's fault: GoAway(1) reaches it before the connection
   * closes. After anything else the connection is dropped at once. Harmless when repeated.
   */
  destroy(error: Error): void {
    this.#core.destroy(error);
  }

  stats(): SessionStats {
    return this.#core.stats();
  }
}
