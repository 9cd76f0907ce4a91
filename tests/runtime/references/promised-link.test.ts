/** One-way calls that are passed on through a promise: whoever passes them on hears that they are taken, whatever became of it. */
import { describe, expect, it } from "@jest/globals";
import { declaredErrors } from "../../../runtime/references/declared-errors.js";
import { PromisedCall, type PromisedState } from "../../../runtime/references/promised-call.js";
import { PromisedLink } from "../../../runtime/references/promised-link.js";
import type { ReferenceContext } from "../../../runtime/references/reference-context.js";
import { forwardedOptions } from "../../../runtime/references/remote-link.js";
import type { Member } from "../../../runtime/references/service.js";
import { BankImpl } from "../sample/bank-impl.js";
import { BankService } from "../sample/bank.rpc.js";

const context = { peer: { description: "a peer" } } as unknown as ReferenceContext;
const note = [...BankService.members.values()].find(({ name }) => name === "note") as unknown as Member<
  never,
  [string],
  void
>;
const reference = { properties: [], path: [], service: () => BankService };

/** Sends through a promise in that state. @returns resolves when the call has been taken. */
function send(state: PromisedState): Promise<void> {
  const call = new PromisedCall(declaredErrors(BankService));
  call.become(state);
  return new Promise((taken) => {
    new PromisedLink(context, call, reference as never).send(note, ["x"], forwardedOptions({}, { taken }));
  });
}

describe("a one-way call that is passed on through a promise", () => {
  it("is taken where the promise has failed: it goes nowhere", async () => {
    await send({ kind: "failed", error: new Error("refused") });
  });

  it("is taken by an object of our own when that is done", async () => {
    const impl = new BankImpl();
    await send({ kind: "known", value: impl });
    expect(impl.log).toEqual(["note x"]);
  });

  it("is taken once the result is here, or has failed", async () => {
    const impl = new BankImpl();
    const call = new PromisedCall(declaredErrors(BankService));
    call.become({ kind: "here", result: Promise.resolve().then(() => call.become({ kind: "known", value: impl })) });
    await new Promise<void>((taken) => {
      new PromisedLink(context, call, reference as never).send(note, ["x"], forwardedOptions({}, { taken }));
    });
    expect(impl.log).toEqual(["note x"]);
    await send({ kind: "here", result: Promise.reject(new Error("refused")) });
  });

  it("is taken where the result turns out to hold no object there", async () => {
    await expect(send({ kind: "known", value: 5 })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    const call = new PromisedCall(declaredErrors(BankService));
    call.become({ kind: "here", result: Promise.resolve().then(() => call.become({ kind: "known", value: 5 })) });
    await new Promise<void>((taken) => {
      new PromisedLink(context, call, reference as never).send(note, ["x"], forwardedOptions({}, { taken }));
    });
  });
});
