/** What many calls leave behind: bytes of heap for each, and listeners on the signal that they shared. */
import { getEventListeners } from "node:events";
import { expect } from "@jest/globals";
import { serve } from "peerwire";
import { connect, listen } from "peerwire/node";
import { BankImpl } from "../sample/bank-impl.js";
import { BankService } from "../sample/bank.rpc.js";
import { linkBank } from "../sample/linked-bank.js";
import { linkRelay } from "../relay/linked-relay.js";

const IN_FLIGHT = 64;

/** Row S04. @returns bytes of heap that each of `calls` calls leaves behind, with everything collected. */
export async function heapSlope(calls: number): Promise<number> {
  const { bank, client, server, impl } = await linkBank();
  impl.add = async (a, b) => a + b; // the sample remembers each call
  const work = (count: number): Promise<void> =>
    inLanes(count, async (i) => {
      expect(await bank.add(i, 1)).toBe(i + 1);
    });
  await work(Math.min(calls, 10_000));
  const before = await heapBytes();
  await work(calls);
  const after = await heapBytes();
  expect([client.stats().outgoingCalls, server.stats().incomingCalls]).toEqual([0, 0]);
  await Promise.all([client.close(), server.close()]);
  return (after - before) / calls;
}

/** Row S07: the same, while one stream stays open. */
export async function heapSlopeBesideStream(calls: number, bytes: number): Promise<number> {
  const { relay, client, server } = await linkRelay();
  const long = relay.count(0)[Symbol.asyncIterator]();
  await long.next();
  const work = (count: number): Promise<void> =>
    inLanes(count, async (i) => {
      for await (const item of relay.make([bytes])) if (item.length !== bytes) throw new Error(`${item.length} bytes`);
      if (i % 100 === 0) await long.next();
    });
  await work(Math.min(calls, 500));
  const before = await heapBytes();
  await work(calls);
  const after = await heapBytes();
  await long.return!();
  await Promise.all([client.close(), server.close()]);
  return (after - before) / calls;
}

/**
 * Large arguments, two at a time, over tcp. @returns bytes of memory outside the heap that are kept in the end, and how
 * many there were at most after collections, some of which the platform had not freed yet.
 */
export async function largeArguments(calls: number, bytes: number): Promise<{ kept: number; most: number }> {
  const impl = new BankImpl();
  const limits = { maxMessageBytes: bytes + 1024 };
  const server = await listen("tcp://127.0.0.1:0", { limits, roots: [serve(BankService, impl)] });
  const client = await connect(server.address, { limits });
  const bank = await client.root(BankService);
  let [most, arrived] = [0, 0];
  const blob = new Uint8Array(bytes).fill(7);
  const before = outsideHeap();
  impl.echo = async (received) => {
    if (received.length !== bytes || received.at(-1) !== 7) throw new Error(`${received.length} bytes arrived`);
    if (++arrived % 10 === 0) most = Math.max(most, outsideHeap() - before);
    return NOTHING;
  };
  const lane = async (): Promise<void> => {
    for (let i = 0; i < calls / 2; i++) await bank.echo(blob);
  };
  await Promise.all([lane(), lane()]);
  const kept = (await freed()) - before;
  await client.close();
  await server.close();
  return { kept, most };
}

const NOTHING = new Uint8Array();

function outsideHeap(): number {
  (globalThis as { gc?: () => void }).gc!();
  return process.memoryUsage().arrayBuffers;
}

/** Memory outside the heap is freed a moment after its owner was collected. */
async function freed(): Promise<number> {
  for (let turns = 0; turns < 5; turns++) {
    outsideHeap();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return outsideHeap();
}

/** Row C18. @returns the most listeners that the signal ever had, and how many it has at the end. */
export async function sharedSignal(calls: number): Promise<[most: number, left: number]> {
  const { bank, client, server, impl } = await linkBank();
  impl.add = async (a, b) => a + b;
  const { signal } = new AbortController();
  const tagged = bank.$with({ signal, timeoutMs: 1e12 });
  let most = 0;
  for (let done = 0; done < calls; done += 5_000) {
    const batch = Array.from({ length: 5_000 }, (_, i) => tagged.add(i, 1));
    most = Math.max(most, getEventListeners(signal, "abort").length);
    await Promise.all(batch);
  }
  const left = getEventListeners(signal, "abort").length;
  await Promise.all([client.close(), server.close()]);
  return [most, left];
}

async function inLanes(count: number, work: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
}

async function heapBytes(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    (globalThis as { gc?: () => void }).gc?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return process.memoryUsage().heapUsed;
}
