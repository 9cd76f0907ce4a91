/** Carriers at their full size: 64 MiB both ways, 1,000 connections, 10,000 cycles, and what an idle session costs. */
import { describe, expect, it } from "@jest/globals";
import { readdirSync } from "node:fs";
import { type Peer, connect, dialTransport, listen, listenTransport } from "peerwire/node";
import { watch } from "../support/transport-watcher.js";
import { exchange, expected } from "../transports/bulk.js";
import { ADDRESSED, PAIRS } from "../transports/carriers.js";

const KiB = 1024;
const MiB = 1024 * KiB;
const PATIENCE_MS = 300_000;

describe("each carrier", () => {
  it.each(PAIRS)(
    "carries 64 MiB both ways at once: $name",
    async ({ connect: connectPair }) => {
      const [near, far] = await connectPair();
      expect(await exchange([near, far], 64 * MiB)).toEqual([expected(64 * MiB, 2), expected(64 * MiB, 1)]);
    },
    PATIENCE_MS,
  );

  it.each(ADDRESSED)(
    "holds 1,000 connections at once: $name",
    async (carrier) => {
      const { listenOptions, dialOptions } = carrier;
      const listener = await listenTransport(
        carrier.at(),
        (end) => void watch(end, { onData: (chunk) => void end.write(chunk.slice()), onEnd: () => end.end() }),
        listenOptions,
      );
      const dial = async (index: number): Promise<() => Promise<string>> => {
        const near = await dialTransport(listener.address, dialOptions);
        const seen = watch(near);
        near.write(Buffer.from(`${index} `));
        await seen.until(() => seen.text === `${index} `);
        return async () => {
          near.write(Buffer.from("bye"));
          near.end();
          await seen.until(() => seen.closes.length === 1);
          return seen.text;
        };
      };
      const finish: (() => Promise<string>)[] = [];
      for (let from = 0; from < 1000; from += 50) {
        finish.push(...(await Promise.all(Array.from({ length: 50 }, (_, index) => dial(from + index)))));
      }
      const texts = await Promise.all(finish.map((end) => end()));
      expect(texts).toEqual(Array.from({ length: 1000 }, (_, index) => `${index} bye`));
      await listener.close();
    },
    PATIENCE_MS,
  );
});

describe("S05", () => {
  it(
    "1,000 idle sessions cost at most 64 KiB each",
    async () => {
      await using server = await listen("tcp://127.0.0.1:0");
      const warm = await connect(server.address);
      const before = memory();
      const peers: Peer[] = [];
      for (let i = 0; i < 990; i += 30) {
        peers.push(...(await Promise.all(Array.from({ length: 30 }, () => connect(server.address)))));
      }
      for (const peer of peers) await peer.ping();
      const each = (memory() - before) / (2 * peers.length); // both ends are in this process
      process.stdout.write(`    an idle session costs ${(each / KiB).toFixed(1)} KiB\n`);
      expect(each).toBeLessThan(64 * KiB);
      for (const peer of [warm, ...peers]) await peer.close();
    },
    PATIENCE_MS,
  );

  it.each(ADDRESSED.filter(({ name }) => ["tcp", "tls", "ws", "inproc"].includes(name)))(
    "10,000 connect-close cycles leave handles, listeners and descriptors flat: $name",
    async (carrier) => {
      const { tls } = carrier.listenOptions;
      const server = await listen(carrier.at(), tls ? { tls } : {});
      const cycle = async (): Promise<void> => {
        const peer = await connect(server.address, carrier.dialOptions.tls ? { tls: carrier.dialOptions.tls } : {});
        await peer.close();
      };
      for (let i = 0; i < 100; i++) await cycle();
      await settle(() => server.peers.size === 0);
      const before = resources();
      for (let i = 100; i < 10_000; i++) await cycle();
      await settle(() => server.peers.size === 0 && resources().handles <= before.handles);
      const after = resources();
      expect(after.handles).toBeLessThanOrEqual(before.handles);
      expect(after.listeners).toBeLessThanOrEqual(before.listeners);
      expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
      expect(after.bytes - before.bytes).toBeLessThan(8 * MiB);
      await server.close();
    },
    PATIENCE_MS,
  );
});

interface Resources {
  readonly handles: number;
  readonly listeners: number;
  readonly descriptors: number;
  readonly bytes: number;
}

function resources(): Resources {
  const bytes = memory();
  const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
  const descriptors = process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0;
  return { handles: process.getActiveResourcesInfo().length, listeners, descriptors, bytes };
}

/** What lives, after a collection. Needs --expose-gc. */
function memory(): number {
  for (let i = 0; i < 3; i++) globalThis.gc!();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function settle(isAtRest: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !isAtRest(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
}
