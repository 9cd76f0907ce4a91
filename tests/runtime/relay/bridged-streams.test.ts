/** Streams through two bridges: who ends them is heard at the origin, and what they bring is counted. Rows: C06, C11, C13. */
import { afterEach, describe, expect, it } from "@jest/globals";
import type { CallContext } from "peerwire";
import { until } from "../references/at-rest.js";
import { type Chain, heldBy, linkChain } from "../references/linked-chain.js";
import { RelayService, type RelayStub } from "./generated/relay.rpc.js";
import { ProbeImpl, RelayImpl } from "./linked-relay.js";

class TimedRelay extends RelayImpl {
  remaining: (number | undefined)[] = [];
  override count(from: number, call?: CallContext): AsyncIterable<number> {
    this.remaining.push(call?.remainingMs);
    return super.count(from, call);
  }
}

let chain: Chain<RelayStub> | undefined;
afterEach(async () => {
  await chain?.close();
  chain = undefined;
});
async function link(): Promise<{ root: RelayStub; impl: TimedRelay; chain: Chain<RelayStub> }> {
  const impl = new TimedRelay();
  chain = await linkChain(RelayService, impl, 2);
  return { root: chain.root, impl, chain };
}

describe("a stream through two bridges", () => {
  it("C11: that is left ends its producer at the origin, and its call's signal aborts", async () => {
    const { root, impl, chain } = await link();
    const seen: number[] = [];
    for await (const item of root.count(5)) if (seen.push(item) === 3) break;
    expect(seen).toEqual([5, 6, 7]);
    await until(() => impl.stopped === 1 && impl.signals[0]!.aborted);
    await until(() => heldBy(chain.hops) === 0);
  });

  it("C06: that is cancelled ends on all sides", async () => {
    const { root, impl, chain } = await link();
    const abort = new AbortController();
    const items = root.$with({ signal: abort.signal }).count(0)[Symbol.asyncIterator]();
    expect(await items.next()).toEqual({ done: false, value: 0 });
    abort.abort();
    const drain = async (): Promise<void> => {
      while ((await items.next()).done !== true);
    };
    await expect(drain()).rejects.toMatchObject({ code: "CANCELLED" });
    await until(() => impl.stopped === 1 && impl.signals[0]!.aborted);
    await until(() => heldBy(chain.hops) === 0);
  });

  it("C06: that goes in ends its producer when the call is cancelled", async () => {
    const { root, chain } = await link();
    const abort = new AbortController();
    const ended = { producer: false };
    const endless = async function* (): AsyncIterable<Uint8Array> {
      try {
        for (let i = 0; ; i++) {
          yield new Uint8Array(1);
          if (i === 10) abort.abort();
        }
      } finally {
        ended.producer = true;
      }
    };
    await expect(root.$with({ signal: abort.signal }).sum(endless())).rejects.toMatchObject({ code: "CANCELLED" });
    await until(() => ended.producer);
    await until(() => heldBy(chain.hops) === 0);
  });

  it("C13: has at the origin at most the time that its consumer gave it", async () => {
    const { root, impl } = await link();
    for await (const item of root.$with({ timeoutMs: 60_000 }).count(0)) if (item === 2) break;
    expect(impl.remaining[0]).toBeGreaterThan(0);
    expect(impl.remaining[0]).toBeLessThanOrEqual(60_000);
  });

  it("brings references, which are given back all the way", async () => {
    const { root, chain } = await link();
    const live = ProbeImpl.live;
    for await (const probe of root.probes(20)) {
      expect(await probe.touch()).toBe(1);
      (probe as Partial<Disposable>)[Symbol.dispose]?.();
    }
    await until(() => ProbeImpl.live === live);
    await until(() => heldBy(chain.hops) === 0);
  });
});
