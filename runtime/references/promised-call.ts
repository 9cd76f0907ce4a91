/**
 * A call that was made so that its result can be used before it is known: what became of it, and the calls that were
 * made through it meanwhile. Links into the result look here (promised-link.ts); the answer is put here by remote-call.ts.
 */
import type { DeclaredErrors } from "../calls/error-codec.js";

export type PromisedState =
  | { readonly kind: "pending"; readonly callId: number }
  | { readonly kind: "here"; readonly result: Promise<unknown> } // the result of a call on our own object
  | { readonly kind: "known"; readonly value: unknown }
  | { readonly kind: "failed"; readonly error: Error };

export class PromisedCall {
  state: PromisedState = { kind: "pending", callId: 0 };
  /** What the call may fail with, and with it all that depends on it. */
  readonly declared: DeclaredErrors;
  #outstanding = 0;
  #onQuiet: (() => void) | undefined;

  constructor(declared: DeclaredErrors) {
    this.declared = declared;
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
