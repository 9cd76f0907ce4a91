/**
 * A connection that comes back: dials again after every loss, one attempt at a time, with growing waits. Roots that were
 * asked for here are asked for again; other references stay broken, and no call is ever repeated, because only the
 * application knows whether that is safe. Does not know what is dialled. Source: docs/connections.md.
 */
import type { Peer } from "../api/peer.js";
import type { DrainReport } from "../api/peer-reports.js";
import { type Clock, type Timer, systemClock } from "../base/clock.js";
import { CallError, type CallErrorCode, ClosedError, ProtocolError, errorFrom } from "../base/errors.js";
import type { ServiceDescriptor } from "../references/service.js";
import { Backoff, type BackoffOptions } from "./backoff.js";
import { RenewedRoot } from "./renewed-root.js";

/** Makes one connection: `(signal) => connect("tcp://hub:4000", { signal, credentials: await newToken() })`. */
export type Dial = (signal: AbortSignal) => Promise<Peer>;

export interface ReconnectOptions extends BackoffOptions {
  /** A connection that held so long begins anew with short waits, ms. 10,000 by default. */
  stableMs?: number;
  /**
   * Whether to dial again after this failure, or loss. By default always, except where the other side has refused for a
   * reason that another attempt does not change (UNAUTHENTICATED, PERMISSION_DENIED, FAILED_PRECONDITION ...), speaks
   * another protocol, or the dialling itself is wrong (a TypeError).
   */
  retry?: (error: Error, failures: number) => boolean;
  /** Connected again, and the roots are renewed. */
  onReconnect?: (peer: Peer) => void;
  /**
   * The connection was lost, or ended by the other side; or, with a ClosedError "session-draining", it takes no new calls,
   * and what is under way there goes on until it ends.
   */
  onDisconnect?: (error: Error) => void;
  /** An attempt has failed; the next comes after `delayMs`. */
  onDialFailed?: (error: Error, delayMs: number) => void;
  /** Whether to dial anew as soon as the other side says that it is going away (`Peer.draining`), not when it has. True by default. */
  leavesDraining?: boolean;
  /** Aborting is `close`. */
  signal?: AbortSignal;
  clock?: Clock;
  /** From 0 up to 1. */
  random?: () => number;
}

/** Starts to connect, and keeps at it until `close`, or until an attempt fails for good. */
export function reconnect(dial: Dial, options: ReconnectOptions = {}): ReconnectingPeer {
  return new ReconnectingPeer(dial, options);
}

export class ReconnectingPeer implements AsyncDisposable {
  readonly #dial: Dial;
  readonly #options: ReconnectOptions;
  readonly #clock: Clock;
  readonly #backoff: Backoff;
  readonly #abort = new AbortController();
  readonly #roots = new Map<string, RenewedRoot>();
  readonly #closed: Promise<Error>;
  #waiting: { readonly resolve: (peer: Peer) => void; readonly reject: (error: Error) => void }[] = [];
  #peer: Peer | undefined;
  readonly #draining = new Set<Peer>(); // those before it, that still have something under way
  #connections = 0;
  #end: Error | undefined;
  #pause: { readonly timer: Timer; readonly over: () => void } | undefined;

  constructor(dial: Dial, options: ReconnectOptions) {
    this.#dial = dial;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#backoff = new Backoff(options, options.random);
    const { signal } = options;
    const onAbort = (): void => void this.close();
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#closed = this.#run()
      .catch(errorFrom)
      .then((error) => {
        signal?.removeEventListener("abort", onAbort);
        this.#end ??= error;
        for (const { reject } of this.#waiting.splice(0)) reject(this.#end);
        return this.#end;
      });
    if (signal?.aborted) onAbort();
  }

  /** The connection; undefined while there is none that takes calls. */
  get peer(): Peer | undefined {
    return this.#peer;
  }

  /** How many connections there have been. */
  get connections(): number {
    return this.#connections;
  }

  /** Resolves with the reason once it has given up, or was closed. */
  get closed(): Promise<Error> {
    return this.#closed;
  }

  /** The connection, as soon as there is one. Rejects with the reason where it has given up, or `signal`'s. */
  ready(options: { signal?: AbortSignal } = {}): Promise<Peer> {
    const { signal } = options;
    if (this.#peer !== undefined) return Promise.resolve(this.#peer);
    if (this.#end !== undefined) return Promise.reject(this.#end);
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting = this.#waiting.filter((waiter) => waiter !== entry);
        reject(signal?.reason);
      };
      const settled = <V>(settle: (value: V) => void) => {
        return (value: V): void => {
          signal?.removeEventListener("abort", onAbort);
          settle(value);
        };
      };
      const entry = { resolve: settled(resolve), reject: settled(reject) };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#waiting.push(entry);
    });
  }

  /**
   * One of the roots of the other side, by a stub that stays good over all connections. While there is no connection its
   * calls fail with a ClosedError, `dispatched` "no"; `ready()` waits for one.
   * Rejects as `peer.root` does, once connected.
   */
  async root<T extends object, Stub extends T>(
    service: ServiceDescriptor<T, Stub>,
    name: string = service.fullName,
  ): Promise<Stub> {
    let root = this.#roots.get(name) as RenewedRoot<T, Stub> | undefined;
    if (root?.service !== service) {
      const peer = await this.ready();
      root = new RenewedRoot<T, Stub>(service, name);
      await root.renew(peer);
      if (root.failure !== undefined) throw root.failure;
      // While that was under way the connection may have been replaced.
      if (this.#peer !== undefined && this.#peer !== peer) await root.renew(this.#peer);
      this.#roots.set(name, root);
    }
    return root.stub;
  }

  /**
   * Ends the connection, and dials no more. Harmless when repeated.
   * @param options.graceMs  how long what is under way may take to end first (`Peer.drain`).
   */
  async close(options: { readonly graceMs?: number } = {}): Promise<DrainReport> {
    this.#end ??= new ClosedError("session-closed", "closed here", { dispatched: "no" });
    this.#pause?.timer.clear();
    this.#pause?.over();
    const { graceMs } = options;
    const peers = [...this.#draining, ...(this.#peer === undefined ? [] : [this.#peer])];
    const reports = graceMs === undefined ? [] : await Promise.all(peers.map((peer) => peer.drain(graceMs)));
    this.#abort.abort(this.#end);
    await Promise.all([this.#closed, ...peers.map(({ closed }) => closed)]);
    return { cut: reports.flatMap(({ cut }) => cut) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** @returns why it ended. */
  async #run(): Promise<Error> {
    for (;;) {
      let error: Error;
      let isDialled = false;
      try {
        const peer = await this.#dialOnce();
        isDialled = true;
        error = await this.#use(peer);
      } catch (thrown) {
        error = errorFrom(thrown);
      }
      if (this.#isOver() || !this.#retries(error)) return error;
      await this.#wait(isDialled ? undefined : error);
      if (this.#isOver()) return error;
    }
  }

  /** Not longer than until `close`, whether or not the application's dial minds its signal: what it brings then is closed. */
  #dialOnce(): Promise<Peer> {
    const { signal } = this.#abort;
    return new Promise((resolve, reject) => {
      const dialling = Promise.resolve(this.#dial(signal));
      const onAbort = (): void => {
        reject(this.#end!);
        dialling.then(
          (late) => late.close(),
          () => undefined,
        );
      };
      signal.addEventListener("abort", onAbort, { once: true });
      dialling.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
    });
  }

  /** @returns why the connection ended. */
  async #use(peer: Peer): Promise<Error> {
    const onAbort = (): void => void peer.close();
    this.#abort.signal.addEventListener("abort", onAbort, { once: true });
    void peer.closed.then(() => {
      this.#abort.signal.removeEventListener("abort", onAbort);
      this.#draining.delete(peer);
    });
    const since = this.#clock.now();
    const renewed = Promise.all([...this.#roots.values()].map((root) => root.renew(peer)));
    const isRenewed = (await Promise.race([renewed, peer.closed])) instanceof Array;
    if (this.#isOver()) onAbort();
    else if (isRenewed) this.#enter(peer);
    const error = await this.#endOf(peer);
    if (this.#clock.now() - since >= (this.#options.stableMs ?? 10_000)) this.#backoff.reset();
    if (this.#peer === undefined) return error;
    this.#peer = undefined;
    if (!this.#isOver()) tell(this.#options.onDisconnect, error);
    return error;
  }

  /** @returns why it takes no more calls. */
  #endOf(peer: Peer): Promise<Error> {
    if (this.#options.leavesDraining === false) return peer.closed;
    const draining = peer.draining.then(() => {
      if (peer.status === "closed" || this.#isOver()) return peer.closed;
      this.#draining.add(peer);
      const what = `${peer.description} is going away and takes no new calls`;
      return new ClosedError("session-draining", what, { dispatched: "no" });
    });
    return Promise.race([peer.closed, draining]);
  }

  #enter(peer: Peer): void {
    this.#peer = peer;
    this.#connections++;
    for (const { resolve } of this.#waiting.splice(0)) resolve(peer);
    if (this.#connections > 1) tell(this.#options.onReconnect, peer);
  }

  #retries(error: Error): boolean {
    const { retry } = this.#options;
    return retry === undefined ? isWorthRetrying(error) : retry(error, this.#backoff.failures + 1);
  }

  #isOver(): boolean {
    return this.#end !== undefined;
  }

  async #wait(failure: Error | undefined): Promise<void> {
    const delayMs = this.#backoff.next();
    if (failure !== undefined) {
      tell((error: Error) => this.#options.onDialFailed?.(error, delayMs), failure);
    }
    // Between two attempts nothing else may keep the process alive, and it is not done yet.
    const alive = setInterval(() => undefined, 2 ** 31 - 1);
    await new Promise<void>((over) => {
      this.#pause = { timer: this.#clock.after(delayMs, over), over };
      if (this.#isOver()) over();
    });
    clearInterval(alive);
    this.#pause = undefined;
  }
}

/** A listener of the application: what it throws is its own, and is no reason to stop. */
function tell<V>(listener: ((value: V) => void) | undefined, value: V): void {
  try {
    listener?.(value);
  } catch (error) {
    queueMicrotask(() => {
      throw error; // as an event listener's error is: the process's own handlers see it
    });
  }
}

const FINAL_CODES: ReadonlySet<CallErrorCode> = new Set<CallErrorCode>([
  "UNAUTHENTICATED",
  "PERMISSION_DENIED",
  "INVALID_ARGUMENT",
  "ALREADY_EXISTS",
  "NOT_FOUND",
  "FAILED_PRECONDITION",
  "UNIMPLEMENTED",
]);

/** The default of ReconnectOptions.retry. */
export function isWorthRetrying(error: Error): boolean {
  const reason: unknown = error instanceof ClosedError ? (error.cause ?? error) : error;
  if (reason instanceof CallError) return !FINAL_CODES.has(reason.code);
  if (reason instanceof ProtocolError) return reason.code !== "bad-hello";
  return !(reason instanceof TypeError || reason instanceof RangeError);
}
