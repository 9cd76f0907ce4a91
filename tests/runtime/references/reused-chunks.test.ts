/**
 * A carrier may use the memory of what it delivers again (sockets do): calls are read where they lie, and nothing of them
 * is read there later, however long they wait.
 */
import { afterEach, describe, expect, it } from "@jest/globals";
import { Peer, memoryTransportPair, serve } from "peerwire";
import type { Transport, TransportReceiver } from "peerwire/mux";
import { BankImpl } from "../sample/bank-impl.js";
import { BankService, type BankStub } from "../sample/bank.rpc.js";
import { gate } from "./at-rest.js";

/** Delivers each chunk in memory of its own, and scribbles over it as soon as it was taken. */
function reusing(inner: Transport): Transport {
  const start = inner.start.bind(inner);
  return Object.assign(inner, {
    start(receiver: TransportReceiver) {
      start({
        onData(chunk) {
          const lent = chunk.slice();
          receiver.onData(lent);
          lent.fill(0xee);
        },
        onDrain: () => {
          receiver.onDrain();
        },
        onEnd: () => {
          receiver.onEnd();
        },
        onClose: (error) => {
          receiver.onClose(error);
        },
      });
    },
  });
}

let peers: Peer[] = [];
afterEach(async () => {
  for (const peer of peers) await peer.close();
});

async function link(impl: BankImpl, maxRunningCalls: number): Promise<BankStub> {
  const [near, far] = memoryTransportPair();
  peers = await Promise.all([
    Peer.open(reusing(near), "client"),
    Peer.open(reusing(far), "server", { limits: { maxRunningCalls }, roots: [serve(BankService, impl)] }),
  ]);
  return peers[0]!.root(BankService);
}

describe("a call of nothing but data, over memory that is used again", () => {
  const sizes = [0, 1, 16, 100, 1000];
  const blob = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, i) => (i + size) & 0xff);

  it("carries its bytes there and back unharmed, and they are the application's to keep", async () => {
    const bank = await link(new BankImpl(), 100);
    const echoes = await Promise.all(sizes.map((size) => bank.echo(blob(size))));
    expect(echoes).toEqual(sizes.map(blob));
  });

  it("keeps its arguments while it waits for a place", async () => {
    const impl = new BankImpl();
    const hold = gate();
    impl.add = async (a, b) => {
      await hold.opened;
      return a + b;
    };
    const bank = await link(impl, 1);
    const first = bank.add(1, 1);
    const echoes = sizes.map((size) => bank.echo(blob(size)));
    const last = bank.add(20, 22);
    await new Promise((resolve) => setImmediate(resolve));
    hold.open();
    expect([await first, await last]).toEqual([2, 42]);
    expect(await Promise.all(echoes)).toEqual(sizes.map(blob));
  });

  it("keeps its arguments while it waits behind a call whose own are still arriving", async () => {
    const bank = await link(new BankImpl(), 100);
    const large = bank.echo(blob(1_000_000));
    const behind = sizes.map((size) => bank.echo(blob(size)));
    expect(await Promise.all(behind)).toEqual(sizes.map(blob));
    expect((await large).length).toBe(1_000_000);
  });
});
