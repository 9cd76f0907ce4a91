/**
 * Row S06: calls from many lanes over a connection that breaks at random, again and again. Every call settles once, right
 * or with an error that says why, and no table holds anything when a connection has ended.
 */
import { expect } from "@jest/globals";
import { serve } from "peerwire";
import { linkPeers } from "peerwire/testing";
import { seeded } from "../../support/seeded.js";
import { BankImpl } from "../sample/bank-impl.js";
import { BankService, type BankStub } from "../sample/bank.rpc.js";

const LANES = 64;

/** @returns calls that were answered, and that failed; together as many as were made. */
export async function callsUnderCuts(seed: number, cuts: number, bytesBetween: number): Promise<[number, number]> {
  const random = seeded(seed);
  let answered = 0;
  let failed = 0;
  let made = 0;
  for (let cut = 0; cut < cuts; cut++) {
    const impl = new BankImpl();
    impl.add = async (a, b) => a + b;
    const { client, server, wire } = await linkPeers({ server: { roots: [serve(BankService, impl)] } });
    wire.breakAfter(random.int(0, bytesBetween), random.chance(0.5) ? "loss" : "end");
    const bank = await client.root(BankService);
    const lane = async (): Promise<void> => {
      for (let i = 0; client.status === "open"; i++) {
        made++;
        await use(bank, i).then(
          () => answered++,
          (error: unknown) => {
            expect(["ClosedError", "CallError"]).toContain((error as Error).name); // not a wrong answer
            failed++;
          },
        );
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    for (const peer of [client, server]) {
      peer.destroy();
      await peer.closed;
      const { imports, exports } = peer.references();
      const { outgoingCalls, incomingCalls } = peer.stats();
      expect({ seed, cut, left: [imports.entries, exports.entries, outgoingCalls, incomingCalls] }).toEqual({
        seed,
        cut,
        left: [0, 0, 0, 0],
      });
    }
  }
  expect({ seed, settled: answered + failed }).toEqual({ seed, settled: made });
  return [answered, failed];
}

async function use(bank: BankStub, i: number): Promise<void> {
  if (i % 50 === 1) expect(await bank.ask(async (text) => text, "x")).toBe("answer x");
  else if (i % 50 === 2) expect((await bank.echo(new Uint8Array(40_000))).length).toBe(40_000);
  else expect(await bank.add(i, 1)).toBe(i + 1);
}
