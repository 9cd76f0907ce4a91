/** A connection that breaks at any byte, in the middle of a call that calls back. */
import { describe, expect, it } from "@jest/globals";
import { Peer, serve } from "peerwire";
import { type Breakage, TestWire } from "peerwire/testing";
import { BankImpl } from "../sample/bank-impl.js";
import { BankService } from "../sample/bank.rpc.js";
import { until } from "../sample/linked-bank.js";

/** Nobody says that nothing comes any more: it has to be noticed. */
const IMPATIENT = { handshakeTimeoutMs: 40, keepaliveIdleMs: 10, keepaliveTimeoutMs: 10 };

interface Outcome {
  readonly settled: string[];
  readonly delivered: number;
}

/** Connects, asks, and is called back; whatever of it the broken connection lets happen. */
async function converse(afterBytes: number, how: Breakage): Promise<Outcome> {
  const wire = new TestWire();
  wire.breakAfter(afterBytes, how);
  const isNoticed = how !== "silence" || afterBytes === Infinity;
  const limits = isNoticed ? { handshakeTimeoutMs: 1000 } : IMPATIENT;
  const opening = await Promise.allSettled([
    Peer.open(wire.ends[0], "client", { limits }),
    Peer.open(wire.ends[1], "server", { limits, roots: [serve(BankService, new BankImpl())] }),
  ]);
  const peers = opening.flatMap((opened) => (opened.status === "fulfilled" ? [opened.value] : []));
  const settled: string[] = [];
  const note = (what: string) => (): void => void settled.push(what);
  const client = opening[0].status === "fulfilled" ? opening[0].value : undefined;
  if (client) {
    const asking = client.root(BankService).then((bank) => bank.ask(async (text) => text.toUpperCase(), "why"));
    await asking.then(note("answered"), note("failed"));
  } else note("refused")();
  for (const peer of peers) {
    peer.destroy();
    await peer.closed;
    await until(() => {
      const { imports, exports } = peer.references();
      return imports.entries + exports.entries === 0 && peer.stats().outgoingCalls + peer.stats().incomingCalls === 0;
    });
  }
  return { settled, delivered: wire.delivered };
}

describe("a connection", () => {
  it.each<[Breakage, number]>([
    ["loss", 1],
    ["end", 1],
    ["silence", 10],
  ])(
    "T01: that breaks (%s) after each %d bytes more of a call with a callback settles it once, and leaves nothing",
    async (how, step) => {
      const whole = await converse(Infinity, how);
      expect(whole.settled).toEqual(["answered"]);
      const outcomes = new Set<string>();
      for (let bytes = 1; bytes < whole.delivered; bytes += step) {
        const { settled } = await converse(bytes, how);
        expect({ bytes, settled }).toEqual({ bytes, settled: [expect.stringMatching(/^(answered|failed|refused)$/)] });
        outcomes.add(settled[0]!);
      }
      expect(outcomes).toContain("refused");
      expect(outcomes).toContain("failed");
    },
  );
});
