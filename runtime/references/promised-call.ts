/**
 * A call that was made so that its result can be used before it is known: what became of it, and the calls that were
 * made through it meanwhile. Links into the result look here (promised-link.ts); the answer is put here by remote-call.ts.
 */
import type { DeclaredErrors } from "../calls/error-codec.js";
import type { Export } from "./export-table.js";
import { linkOf } from "./link-of.js";

export type PromisedState =
  | { readonly kind: "pending"; readonly callId: number }
  | { readonly kind: "here"; readonly result: Promise<unknown> } // the result of a call on our own object
  | { readonly kind: "known"; readonly value: unknown }
  | { readonly kind: "failed"; readonly error: Error };

export class PromisedCall {
  #state: PromisedState = { kind: "pending", callId: 0 };
  /** What the call may fail with, and with it all that depends on it. */
  readonly declared: DeclaredErrors;
  /** What its caller has. A failure that is seen through a chained call need not be seen there too. */
  answer: Promise<unknown> | undefined;
  #outstanding = 0;
  #onKnown: ((value: unknown) => void)[] | undefined;
  #onQuiet: (() => void) | undefined;

  constructor(declared: DeclaredErrors) {
    this.declared = declared;
  }

  get state(): PromisedState {
    return this.#state;
  }

  become(state: PromisedState): void {
    this.#state = state;
    if (state.kind === "pending" || state.kind === "here") return;
    const waiting = this.#onKnown;
    this.#onKnown = undefined;
    if (state.kind === "failed") void this.answer?.then(undefined, ignored);
    else if (waiting !== undefined) for (const then of waiting) then(state.value);
  }

  /** Runs `then` with the result, at once or later; never where the call fails. */
  whenKnown(then: (value: unknown) => void): void {
    if (this.#state.kind === "known") then(this.#state.value);
    else if (this.#state.kind !== "failed") (this.#onKnown ??= []).push(then);
  }

  /**
   * The answer is here: tells its caller, through `resolve`. Where objects of our own come home in it, calls that were
   * sent to them through the peer must start before direct ones do: those have been answered then, or stand in the
   * object's order.
   */
  fulfil<R>(value: R, homes: readonly Export[], resolve: (value: R) => void): void {
    this.become({ kind: "known", value });
    if (homes.length === 0) {
      resolve(value);
      return;
    }
    this.whenQuiet(() => {
      let waiting = homes.length;
      const start = (): void => {
        if (--waiting === 0) resolve(value);
      };
      for (const { queue } of homes) queue.push({ ready: true, start });
    });
  }

  /** Nobody will use the result: it is given back when it arrives. @param error  what links to it fail with from now on. */
  abandon(error: Error): void {
    const failed: PromisedState = { kind: "failed", error };
    this.whenKnown((value) => {
      linkOf(value as object)?.release();
      this.#state = failed;
    });
    this.#state = failed;
  }

  /** A call is made through the promise. @returns to be called once it has been answered. */
  depend(): () => void {
    this.#outstanding++;
    return () => {
      if (--this.#outstanding === 0) this.#onQuiet?.();
    };
  }

  /** The result is known. Runs `then` when the calls that were made through the promise so far have been answered. */
  whenQuiet(then: () => void): void {
    if (this.#outstanding === 0) then();
    else this.#onQuiet = then;
  }
}

function ignored(): void {
  // Told to whoever depends on it.
}
