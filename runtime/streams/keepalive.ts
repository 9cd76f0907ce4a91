/**
 * Is the peer still there? Silence is answered with a ping, and silence after that with the end. Any byte is a sign of
 * life, so a bulk transfer needs no pings. Pure: it decides, the session pings.
 * Source: docs/mux.md, "Keepalive".
 */

/** A check this late means that we did not run, not that the peer is gone: its bytes may wait in our socket. */
const LATE_CHECK_MS = 1000;

export type KeepaliveAction = "wait" | "ping" | "dead";

export class Keepalive {
  readonly #idleMs: number;
  readonly #timeoutMs: number;
  #heardAt: number;
  #askedAt: number | undefined; // set from our ping until any byte comes
  #dueAt: number;

  constructor(idleMs: number, timeoutMs: number, now: number) {
    this.#idleMs = idleMs;
    this.#timeoutMs = timeoutMs;
    this.#heardAt = now;
    this.#dueAt = now + idleMs;
  }

  /** When `check` is to be called next. */
  get dueAt(): number {
    return this.#dueAt;
  }

  onBytes(now: number): void {
    this.#heardAt = now;
    this.#askedAt = undefined;
  }

  check(now: number): KeepaliveAction {
    const late = now - this.#dueAt > LATE_CHECK_MS;
    if (this.#askedAt === undefined) return now - this.#heardAt >= this.#idleMs ? this.#ask(now) : this.#wait();
    if (now - this.#askedAt < this.#timeoutMs) return this.#wait();
    return late ? this.#ask(now) : "dead";
  }

  #ask(now: number): KeepaliveAction {
    this.#askedAt = now;
    this.#dueAt = now + this.#timeoutMs;
    return "ping";
  }

  #wait(): KeepaliveAction {
    this.#dueAt = this.#askedAt === undefined ? this.#heardAt + this.#idleMs : this.#askedAt + this.#timeoutMs;
    return "wait";
  }
}
